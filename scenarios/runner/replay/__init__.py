"""Replay: real CloudTrail records through the same handlers."""
