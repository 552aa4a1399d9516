"""Wildcards and numbers, as conditions compare with them."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chalicelib.matching.logs.value import glob, number_of


@given(st.text("ab*", max_size=8), st.text("ab", max_size=12))
def test_a_wildcard_stands_for_any_text(pattern, text):
    meant = ".*".join(map(re.escape, pattern.split("*")))

    assert glob(pattern)(text) == bool(re.fullmatch(meant, text))


class WatchedText(str):
    """A text that remembers which stretch of it each search looked at, when the search found something."""

    __slots__ = ("stretches",)

    def find(self, part, start=0, end=None):
        found = super().find(part, start, len(self) if end is None else end)
        self.stretches.append((start, len(self) if found < 0 else found + len(part)))
        return found


@pytest.mark.parametrize(
    "pattern", ["*" + "a*" * 500 + "b", "*a" * 300 + "c*", "*aab" * 200 + "*", "a*" * 500 + "x*"]
)
def test_no_part_of_a_text_is_searched_twice(pattern):
    text = WatchedText("ab" * 1_000 + "a" * 3_000 + "b")
    text.stretches = []

    glob(pattern)(text)

    ends = [0, *(end for _, end in text.stretches)]
    assert all(start >= end for (start, _), end in zip(text.stretches, ends, strict=False))


@pytest.mark.parametrize(
    ("text", "number"),
    [
        ("400", 400),
        ("-1", -1),
        ("+7", 7),
        ("1.5", 1.5),
        ("5.", 5.0),
        (".5", 0.5),
        ("1e3", 1000.0),
        ("1E-3", 0.001),
        ("9007199254740993", 9007199254740993),
        ("1e999", float("inf")),
    ],
)
def test_a_number_is_read_as_the_service_writes_it(text, number):
    assert number_of(text) == number


@pytest.mark.parametrize(
    "text", ["", "-", "1-2", "1e", "0x1", "1_000", "nan", "inf", "٣", "1 ", "4*", "1.2.3.4"]
)
def test_what_only_looks_like_a_number_is_none(text):
    assert number_of(text) is None
