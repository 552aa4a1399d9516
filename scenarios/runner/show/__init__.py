"""What a run shows: timeline, report, plot."""
