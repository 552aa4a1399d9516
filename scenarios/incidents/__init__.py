"""What is rehearsed: one module a remediation."""
