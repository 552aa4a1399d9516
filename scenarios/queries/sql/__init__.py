"""The SQL of Athena over log files: read as Trino reads it, run by DuckDB, with the answers of Athena.

A text is parsed by sqlglot in Trino's dialect. `queries.py`, `select.py` and `expressions/` go through the
tree with the type of everything in it, as Trino's analyser does, and write DuckDB's SQL from it, node by
node; `functions/` knows Trino's functions. Nothing of the text itself gets into what DuckDB runs but
values, quoted; names are replaced by names of our own. What DuckDB means differently is written in another
way, and what isn't known is `SqlNotSimulated`, with its name, never a guess.

`engine.py` is the way in: `Engine(catalog, now).run(text)`.
"""
