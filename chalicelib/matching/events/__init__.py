"""EventBridge's event patterns."""
