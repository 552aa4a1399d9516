"""A trail's settings, read in one place."""
