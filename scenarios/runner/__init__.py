"""The words scenarios are written in, the run, its trace and report."""
