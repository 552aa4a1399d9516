"""What incidents are written in: actors, actions, checks."""
