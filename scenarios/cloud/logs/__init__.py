"""CloudWatch Logs: lines in, and who hears of them: subscriptions, metric filters, exports, searches."""
