"""The deployed code: handlers, remediations and the engines they use."""
