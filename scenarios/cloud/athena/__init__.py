"""Athena: SQL over the objects of buckets."""
