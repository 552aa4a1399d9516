"""Who may do what: IAM's decision on every call. This package knows no service."""
