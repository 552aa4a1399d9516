"""Event history and Insights."""
