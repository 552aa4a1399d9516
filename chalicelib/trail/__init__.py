"""CloudTrail: the integrity of its files, and a trail's settings."""
