"""What AWS's pages leave open, or say otherwise than AWS was seen to do: one table, each with its source.

A switch is a field of `Switches`; its default is what is held here for AWS's answer. `OPEN` says of each what
is asked, where the default comes from, and what else it may be. `make ask-aws` puts the probe of each
to AWS and tells which value fits (`ask.py`).
"""

from dataclasses import dataclass, fields
from typing import Any, Final

_PAGES = "https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/"
_NOWHERE = "no page and no recording says"
_SEEN = "seen on AWS by a third party (us-east-1, June 2026)"


@dataclass(frozen=True, slots=True, kw_only=True)
class Switches:
    """How a query is understood where AWS's pages don't say."""

    absent_differs: bool = True
    text_is_number: bool = True
    texts_compare_as_numbers: bool = True
    boolean_is_word: bool = True
    booleans_shown: str = "1"
    decimals_shown: int = 4
    whole_shown_plain: bool = True
    null_group_kept: bool = True
    stats_of_nothing: bool = False
    sum_of_nothing: bool = False
    null_sorts_first: bool = True
    aggregate_time_is_number: bool = True
    strcontains_folds_case: bool = False
    histogram_takes_width: bool = True
    concat_skips_null: bool = True
    percentile_is_nearest_rank: bool = True
    deviation_is_of_population: bool = True
    week_begins_monday: bool = True
    inner_star_is_lazy: bool = True
    listing_parsed_field_is_refused: bool = True
    alias_of_json_key_is_refused: bool = True
    objects_shown: bool = False
    most_discovered: int = 200


DEFAULT: Final = Switches()


@dataclass(frozen=True, slots=True, kw_only=True)
class Open:
    """One switch: the question, the source of its default, other values it may have, and a probe.

    `messages` are what the probe's log stream holds, one second apart; `query` tells the values apart.
    """

    name: str
    question: str
    source: str
    others: tuple[Any, ...]
    query: str
    messages: tuple[str, ...]


OPEN: Final = (
    Open(
        name="absent_differs",
        question="Does an event without the field pass `field != value`?",
        source=_NOWHERE,
        others=(False,),
        query='filter a != "x" | fields n',
        messages=('{"n": "p1", "a": "x"}', '{"n": "p2"}'),
    ),
    Open(
        name="text_is_number",
        question="Is the text 9 less than the number 10?",
        source=_NOWHERE + "; AWS's samples compare parsed text with numbers",
        others=(False,),
        query="filter a < 10 | fields a",
        messages=('{"a": "9"}', '{"a": "x"}'),
    ),
    Open(
        name="texts_compare_as_numbers",
        question="Is the text 9 less than the text 10?",
        source=_NOWHERE,
        others=(False,),
        query="filter a < b | fields a",
        messages=('{"a": "9", "b": "10"}',),
    ),
    Open(
        name="boolean_is_word",
        question='Does true in JSON equal the text "true"?',
        source=_NOWHERE,
        others=(False,),
        query='filter a = "true" | fields n',
        messages=('{"n": "p", "a": true}',),
    ),
    Open(
        name="booleans_shown",
        question="How is a boolean shown?",
        source="the page on commands of 2021 says of ispresent(...) as isRes: 0 or 1; else " + _NOWHERE,
        others=("true",),
        query="fields a",
        messages=('{"a": true}',),
    ),
    Open(
        name="decimals_shown",
        question="How many decimals has a number that was computed?",
        source=_NOWHERE,
        others=(2, 16),
        query="fields sqrt(2) as root",
        messages=("m",),
    ),
    Open(
        name="whole_shown_plain",
        question="Is an average that is whole shown as 30, or as 30.0?",
        source=_NOWHERE,
        others=(False,),
        query="stats avg(a) as mean",
        messages=('{"a": 20}', '{"a": 40}'),
    ),
    Open(
        name="null_group_kept",
        question="Have events without the field a group of their own?",
        source=_NOWHERE,
        others=(False,),
        query="stats count(*) as events by a",
        messages=('{"a": "x"}', '{"b": 1}'),
    ),
    Open(
        name="stats_of_nothing",
        question="Has `stats count(*)` a row when no event is left?",
        source=_NOWHERE,
        others=(True,),
        query='filter @message = "none" | stats count(*) as events',
        messages=("m",),
    ),
    Open(
        name="sum_of_nothing",
        question="Is the sum of a field that no event has 0, or absent?",
        source=_NOWHERE,
        others=(True,),
        query="stats sum(a) as total, count(*) as events",
        messages=("m",),
    ),
    Open(
        name="null_sorts_first",
        question="Does an event without the field sort before those with it?",
        source=_NOWHERE,
        others=(False,),
        query="fields n | sort a asc",
        messages=('{"n": "p1", "a": "x"}', '{"n": "p2"}'),
    ),
    Open(
        name="aggregate_time_is_number",
        question="Is latest(@timestamp) shown in milliseconds?",
        source=_SEEN,
        others=(False,),
        query="stats latest(@timestamp) as last",
        messages=("m",),
    ),
    Open(
        name="strcontains_folds_case",
        question="Does the third argument of strcontains make it ignore case?",
        source=f"{_SEEN}: it doesn't; {_PAGES}CWL_QuerySyntax-operations-functions.html: it does",
        others=(True,),
        query='fields strcontains(@message, "GET", true) as found',
        messages=("get",),
    ),
    Open(
        name="histogram_takes_width",
        question="Is the second argument of histogram a width, or a number of buckets?",
        source=f"{_SEEN}: a width; {_PAGES}CWL_QuerySyntax-timeseries-functions.html: a number of buckets",
        others=(False,),
        query="stats count(*) as events by histogram(a, 5) as bucket | sort bucket asc",
        messages=('{"a": 1}', '{"a": 4}', '{"a": 12}'),
    ),
    Open(
        name="concat_skips_null",
        question="Is concat of an absent field and a text the text, or absent?",
        source=_NOWHERE,
        others=(False,),
        query='fields concat(a, "-x") as joined',
        messages=('{"b": 1}',),
    ),
    Open(
        name="percentile_is_nearest_rank",
        question="Is pct(a, 50) of 10, 20, 30, 40 the value 20, or 30?",
        source=_NOWHERE,
        others=(False,),
        query="stats pct(a, 50) as median",
        messages=('{"a": 10}', '{"a": 20}', '{"a": 30}', '{"a": 40}'),
    ),
    Open(
        name="deviation_is_of_population",
        question="Do stddev and variance divide by n, or by n - 1?",
        source=_NOWHERE,
        others=(False,),
        query="stats stddev(a) as spread",
        messages=('{"a": 2}', '{"a": 4}'),
    ),
    Open(
        name="week_begins_monday",
        question="Does bin(1w) begin on a Monday, or on a Thursday as the epoch did?",
        source=_NOWHERE,
        others=(False,),
        query="stats count(*) as events by bin(1w) as week",
        messages=("m",),
    ),
    Open(
        name="inner_star_is_lazy",
        question="Does a star in the middle of a glob end at the first fit?",
        source=_NOWHERE + "; every sample of AWS's fits",
        others=(False,),
        query='parse @message "a=*, *" as first, rest | display first, rest',
        messages=("a=1, b=2, c=3",),
    ),
    Open(
        name="listing_parsed_field_is_refused",
        question="Does `fields` refuse the name of a field that parse made?",
        source="two users of AWS report MalformedQueryException; `display` takes it",
        others=(False,),
        query='parse @message "a=*" as a | fields a',
        messages=("a=1",),
    ),
    Open(
        name="alias_of_json_key_is_refused",
        question="Is an alias refused that is also a key of the JSON in the events?",
        source="users of AWS report MalformedQueryException; one of them: or values in the wrong columns",
        others=(False,),
        query='parse @message \'"a":"*"\' as a | display a',
        messages=('{"a":"x"}',),
    ),
    Open(
        name="objects_shown",
        question="Is a JSON object shown when it is named, without a key below it?",
        source=f"{_PAGES}CWL_AnalyzeLogData-discoverable-fields.html flattens it; " + _NOWHERE,
        others=(True,),
        query="fields a",
        messages=('{"a": {"b": 1}}',),
    ),
    Open(
        name="most_discovered",
        question="How many fields of a JSON event are found?",
        source=f"{_PAGES}CWL_AnalyzeLogData-discoverable-fields.html: 200",
        others=(1000,),
        query="fields a0, a250",
        messages=("{" + ", ".join(f'"a{number}": {number}' for number in range(300)) + "}",),
    ),
)
"""Every switch, in the order of `Switches`."""


def unsettled() -> list[str]:
    """The names of all switches."""
    return [each.name for each in fields(Switches)]
