"""Parameters of every kind that botocore lets through, made from the services' own models.

Texts are names of what stands in the world, what the member's name asks for, an enumeration's own words, and
nonsense. Nothing here says what AWS would answer: the calls are made to see that nothing else than AWS's
errors and loud holes comes of them.
"""

import json
import re
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

from hypothesis import strategies as st

from scenarios.cloud.deployment import START

DEEPEST = 5
LONGEST_LIST = 3

NONSENSE = (
    "",
    " ",
    "x",
    "0",
    "-1",
    "None",
    "null",
    "*",
    "a" * 300,
    "../..",
    "arn:",
    "arn:aws:sqs",
    "arn:aws:::::",
    "arn:aws:nowhere:us-east-1:123456789012:thing/x",
    "arn:aws:sqs:us-east-1:210987654321:Elsewhere",
    "snowman \N{SNOWMAN}\n\t",
    "{",
    "[]",
    "$.",
    "a:b:c",
    "999999999999999999999",
)
DOCUMENTS: tuple[Any, ...] = (
    None,
    [],
    {},
    {"a": None},
    {"source": ["a"]},
    {"source": "a"},
    {"source": [{"prefix": 1}]},
    {"detail": {"n": [{"numeric": [">", 1, "<"]}]}},
    {"Version": "2012-10-17", "Statement": []},
    {
        "Version": "2012-10-17",
        "Statement": {"Effect": "Allow", "Principal": "*", "Action": "*", "Resource": "*"},
    },
    {
        "Version": "2012-10-17",
        "Statement": [{"Effect": "Deny", "Principal": {"AWS": ["x"]}, "Action": "a:b"}],
    },
    {"deadLetterTargetArn": "arn:aws:sqs:us-east-1:123456789012:Heard", "maxReceiveCount": "3"},
    {"deadLetterTargetArn": 5},
)
JSON_TEXTS = tuple(json.dumps(each) for each in DOCUMENTS)
TIMES = (
    START,
    START - timedelta(hours=1),
    START + timedelta(minutes=5),
    datetime(2026, 3, 2, 3),  # noqa: DTZ001 - boto3 takes naive ones too
    datetime(1970, 1, 1, tzinfo=UTC),
    datetime(9999, 12, 31, 23, 59, tzinfo=UTC),
    "2026-03-02T02:59:00Z",
    "2026-03-02",
    0,
    1772420400,
    1772420400.5,
)
NUMBERS = (0, 1, 2, 5, 10, 60, 300, 3600, 10_001, -1, 2**31, 1772420400000)
FLOATS = (0.0, 1.0, -1.5, 5, 1e308, float("nan"), float("inf"))
# What a member's name asks for, besides what stands in the world.
ASKED_FOR: Mapping[str, Sequence[str]] = {
    r"schedule": ("rate(5 minutes)", "rate(0 days)", "cron(0 10 ? * mon-fri *)", "cron(", "rate(1)"),
    r"pattern$": ("ERROR", "?a ?b", "{ $.a = 1 }", "{ $.a", "[a, b=2]", "[a,,", "%x(%", *JSON_TEXTS),
    r"policy|document|^event$|detail$|input$|body$|message$": JSON_TEXTS,
    r"path": ("$.detail", "$", "$.a[0]", "detail", "$..x"),
    r"expression": ("SUM(METRICS())", "m1 + m2", "m1 +", "SEARCH('{A} m', 'Sum', 60)", "m1"),
    r"rule": ('ALARM("Pressure")', "ALARM(", "TRUE", "NOT TRUE", "x"),
    r"token": ("", "x", "MQ==", "0", "10"),
    r"statistic": ("p99", "p101", "Sum", "tm99", "p", "PR(1:2)"),
    r"time|date": ("2026-03-02T03:00:00Z", "yesterday", "1772420400000"),
    r"region": ("us-east-1", "eu-west-9", ""),
    r"value": ("1", "nan", "$.a", "$x", "-", "String"),
    r"url": ("https://sqs.us-east-1.amazonaws.com/123456789012/Heard", "https://x", "Heard"),
    r"type$": ("String", "Number", "Binary", "String.Array", ""),
    r"start|end": ("2026-03-02T03:00:00Z", "5"),
}


class Parameters:
    """Strategies for the shapes of botocore's models.

    `known`: what stands in the world, as (last word of its type, name or ARN): ("Topic", "arn:aws:sns:...").
    """

    def __init__(self, known: Sequence[tuple[str, str]]) -> None:
        self._known = known

    def of(self, shape, name="", depth=0):
        """Values that botocore's validator takes for a shape; `name`: what its member is called."""
        made = getattr(self, f"_{shape.type_name}", None)
        return made(shape, name, depth) if made else _SCALARS[shape.type_name](shape)

    def _structure(self, shape, name, depth):
        if getattr(shape, "is_document_type", False):
            return st.sampled_from([{}, {"a": [1]}, "x", None])
        members = {
            member: self.of(inner, member, depth + 1)
            for member, inner in shape.members.items()
            if depth < DEEPEST or member in shape.required_members
        }
        if getattr(shape, "is_tagged_union", False):
            return st.one_of([st.fixed_dictionaries({member: made}) for member, made in members.items()])
        required = {member: members.pop(member) for member in shape.required_members}
        return st.fixed_dictionaries(required, optional=members)

    def _list(self, shape, name, depth):
        least = int(shape.metadata.get("min", 0))
        most = max(least, LONGEST_LIST if depth < DEEPEST else 0)
        return st.lists(self.of(shape.member, name, depth + 1), min_size=least, max_size=most)

    def _map(self, shape, name, depth):
        least = int(shape.metadata.get("min", 0))
        keys = self.of(shape.key, f"{name}Key")
        return st.dictionaries(
            keys, self.of(shape.value, name, depth + 1), min_size=least, max_size=max(least, 2)
        )

    def _string(self, shape, name, _):
        if getattr(shape, "is_document_type", False) or shape.serialization.get("jsonvalue"):
            return st.sampled_from(JSON_TEXTS)
        least = int(shape.metadata.get("min", 0))
        asked = [
            text
            for words, texts in ASKED_FOR.items()
            if re.search(words, name, re.IGNORECASE)
            for text in texts
        ]
        pools = (self._meant(name), tuple(shape.enum), asked, self._like(name), NONSENSE)
        fitting = [[text for text in pool if len(text) >= least] for pool in pools]
        likely = [st.sampled_from(pool) for pool in fitting if pool]
        texts = st.text(st.characters(exclude_categories=["Cs"]), min_size=least, max_size=max(least, 12))
        return st.one_of(*likely[:1] * 6, *likely, texts)

    def _meant(self, name):
        """What a member's name speaks of: a topic for TopicArn."""
        return [text for word, text in self._known if word.lower() in name.lower()]

    def _like(self, name):
        """Other things that stand there: ARNs for an ARN, else names."""
        wants_arn = bool(re.search(r"arn|endpoint|resource", name, re.IGNORECASE))
        return [text for _, text in self._known if text.startswith("arn:") == wants_arn]


def _whole(shape):
    least = int(shape.metadata.get("min", -(2**31)))
    return st.sampled_from([number for number in NUMBERS if number >= least] or [least])


def _real(shape):
    least = shape.metadata.get("min", float("-inf"))
    return st.sampled_from([number for number in FLOATS if not number < least])


_SCALARS = {
    "integer": _whole,
    "long": _whole,
    "float": _real,
    "double": _real,
    "boolean": lambda _: st.booleans(),
    "timestamp": lambda _: st.sampled_from(TIMES),
    "blob": lambda shape: st.sampled_from(
        [b"x" * int(shape.metadata.get("min", 0)), b"{}", b"[", b"\xff\x00", "text", b'{"a": 1}']
    ),
}
