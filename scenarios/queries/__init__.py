"""Questions to logs in the languages that AWS has for them, answered here.

`insights/` is the language of CloudWatch Logs Insights, `sql/` that of Athena. Neither knows the simulated
AWS: its services and the command `trailwarden query` both ask here.
"""
