"""Event selectors."""
