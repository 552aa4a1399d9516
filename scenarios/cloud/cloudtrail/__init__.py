"""CloudTrail: what is recorded, and where the records go."""
