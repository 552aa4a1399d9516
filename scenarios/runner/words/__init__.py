"""The vocabulary of incidents: actors, actions, checks."""
