"""Trino's functions: what each takes and gives, and DuckDB's SQL for it.

Most are a line of `table.py`; `lines.py` finds the line that fits the arguments. Those that a line can't say
are functions of their own, in a module for each kind of value. A function of Trino's that is in neither is
SqlNotSimulated. `calls.py` is the way in.

Source: https://trino.io/docs/current/functions/list.html
"""
