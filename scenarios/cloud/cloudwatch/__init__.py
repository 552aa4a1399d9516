"""CloudWatch: metrics, and the alarms on them."""
