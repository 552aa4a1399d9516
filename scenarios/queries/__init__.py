"""Questions to logs in the languages that AWS has for them, answered here.

`insights/` is the language of CloudWatch Logs Insights. Neither knows the simulated AWS: its service Logs and
the command `trailwarden query` both ask here.
"""
