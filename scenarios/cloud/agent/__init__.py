"""The CloudWatch agent on a host."""
