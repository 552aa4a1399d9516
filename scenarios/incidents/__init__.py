"""The incidents that are rehearsed: one module for each remediation."""
