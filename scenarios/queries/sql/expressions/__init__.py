"""Expressions: from sqlglot's tree, with Trino's types, to DuckDB's SQL.

Every kind of node has what translates it in a table of one of the modules, which `nodes.py` brings together;
one that isn't there is SqlNotSimulated. Types are inferred as Trino does it, so a text compared with a number
is an error here as there, where DuckDB would convert it in silence.

Source: https://trino.io/docs/current/functions.html
"""
