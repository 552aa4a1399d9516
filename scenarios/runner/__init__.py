"""The words scenarios are told in, the run, its trace and report."""
