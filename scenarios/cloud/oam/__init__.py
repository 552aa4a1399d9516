"""CloudWatch Observability Access Manager: sinks of monitoring accounts, links of source accounts to them."""
