"""Metric streams: what CloudWatch sends on to Firehose as it comes in."""
