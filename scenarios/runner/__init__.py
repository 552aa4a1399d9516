"""The vocabulary of scenarios, the run, its trace and report."""
