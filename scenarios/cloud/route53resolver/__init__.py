"""Route 53 Resolver."""
