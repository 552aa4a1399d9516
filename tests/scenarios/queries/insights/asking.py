"""Ask a query of a few messages, one second apart."""

from scenarios.queries.insights import Event, Query
from scenarios.queries.insights.switches import DEFAULT

SECOND = 1000


def events(*messages):
    return [
        Event(number * SECOND, message, "stream", "111122223333:group", number * SECOND + 5, f"ptr{number}")
        for number, message in enumerate(messages)
    ]


def ask(query, *messages, switches=DEFAULT, **options):
    """The rows that a query answers."""
    return Query(query, switches).run(events(*messages), **options).rows


def value(expression, *messages):
    """What one expression is worth for one event; None where it is absent."""
    return ask(f"fields {expression} as answer | display answer", *(messages or ("m",)))[0].get("answer")
