"""Metrics: data, statistics, math."""
