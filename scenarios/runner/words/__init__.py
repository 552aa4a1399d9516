"""What incidents are told in: actors, actions, checks."""
