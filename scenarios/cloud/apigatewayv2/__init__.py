"""API Gateway's HTTP APIs."""
