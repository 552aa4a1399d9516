"""Data Firehose."""
