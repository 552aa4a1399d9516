"""SNS topics, and their mail."""
