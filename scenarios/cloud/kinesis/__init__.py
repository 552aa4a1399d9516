"""Kinesis and Firehose streams."""
