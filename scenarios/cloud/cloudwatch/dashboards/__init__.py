"""Dashboards: what is put, and what is drawn."""
