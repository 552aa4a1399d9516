"""EventBridge: buses, rules, targets, archives."""
