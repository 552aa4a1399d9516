"""Alarms: evaluation, composites, actions, history."""
