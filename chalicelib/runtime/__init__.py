"""The way every event goes."""
