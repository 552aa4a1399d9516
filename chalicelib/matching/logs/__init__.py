"""CloudWatch Logs' filter patterns."""
