"""The language of CloudWatch Logs Insights, read and run.

    >>> from scenarios.queries.insights import Event, Query
    >>> events = [Event(0, '{"user": "ann", "ms": 20}'), Event(1000, '{"user": "ann", "ms": 40}')]
    >>> Query("stats avg(ms) by user").run(events).rows
    [{'user': 'ann', 'avg(ms)': '30'}]

`scanner` and `parser` make commands of the text (`syntax`), `pipeline` and `compiler` make functions of them
that events run through. `discovery` finds the fields of an event. What AWS's pages leave open stands in
`switches`.

Source: https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/CWL_QuerySyntax.html
"""

from scenarios.queries.errors import MalformedQuery, QueryFailed, QueryNotSimulated
from scenarios.queries.insights.discovery import fields_of_json
from scenarios.queries.insights.events import Event, Kind
from scenarios.queries.insights.query import Query, Result, Statistics, Window
from scenarios.queries.insights.switches import Switches
from scenarios.queries.insights.syntax import Source

__all__ = [
    "Event",
    "Kind",
    "MalformedQuery",
    "Query",
    "QueryFailed",
    "QueryNotSimulated",
    "Result",
    "Source",
    "Statistics",
    "Switches",
    "Window",
    "fields_of_json",
]
