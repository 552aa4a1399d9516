"""Queries that AWS's own engines answer, in a real account: what they cost first, and then their rows."""
