"""CloudWatch Logs: ingestion, subscriptions, metric filters, exports, searches."""
