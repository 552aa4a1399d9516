"""What holds of every pattern and event: index, text and shortcut agree, and nothing crashes or stalls."""

import contextlib
import json
import string

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chalicelib.matching import EventPattern, EventRules, InvalidPattern
from chalicelib.matching.events.conditions import Wildcard, any_case
from chalicelib.matching.events.fields import decode_event

# Few names and few values, so that patterns and events meet often.
KEYS = st.sampled_from(["a", "b", "c", "a.b", "b.c", "é", ""])
TEXTS = st.one_of(
    st.text("abAB*é.", max_size=4),
    st.sampled_from(
        ["10.0.0.1", "010.0.0.1", "10.0.0.200", "::1", "0:0:0:0:0:0:0:1", "1", "true", "ß", "SS", "K"]
    ),
)
NUMBERS = st.one_of(
    st.integers(-3, 3),
    st.sampled_from([1.0, 0.5, -0.0, 1e3, 1000, 2**53, 2**53 + 1, 2**64, -(2**63) - 1, 10**30, 1e30, 1e308]),
)
SCALARS = st.one_of(TEXTS, NUMBERS, st.booleans(), st.none())
VALUES = st.recursive(
    SCALARS,
    lambda inner: st.one_of(st.lists(inner, max_size=3), st.dictionaries(KEYS, inner, max_size=3)),
    max_leaves=8,
)
EVENTS = st.dictionaries(KEYS, VALUES, max_size=4)


def one_or_more(texts):
    return st.one_of(texts, st.lists(texts, min_size=1, max_size=3))


def operator(name, argument):
    return st.fixed_dictionaries({name: argument})


def wildcards():
    return st.text("abA*", max_size=5).filter(lambda text: "**" not in text)


def in_any_case(texts):
    return operator("equals-ignore-case", texts)


OPERATORS = st.one_of(
    operator("exactly", TEXTS),
    operator("prefix", TEXTS | in_any_case(TEXTS)),
    operator("suffix", TEXTS | in_any_case(TEXTS)),
    in_any_case(TEXTS),
    operator("wildcard", wildcards()),
    operator("exists", st.booleans()),
    operator("cidr", st.sampled_from(["10.0.0.0/25", "10.0.0.0/8", "0.0.0.0/0", "::/64"])),
    operator(
        "numeric",
        st.one_of(
            st.tuples(st.sampled_from(["=", "<", "<=", ">", ">="]), st.integers(-3, 3)),
            st.tuples(st.just(">"), st.integers(-3, 0), st.just("<="), st.integers(1, 1000)),
        ).map(list),
    ),
    operator("anything-but", one_or_more(TEXTS)),
    operator("anything-but", one_or_more(st.integers(-3, 3))),
    operator("anything-but", operator("prefix", one_or_more(TEXTS.filter(bool)))),
    operator("anything-but", operator("suffix", one_or_more(TEXTS.filter(bool)))),
    operator("anything-but", in_any_case(one_or_more(TEXTS))),
    operator("anything-but", operator("wildcard", one_or_more(wildcards()))),
)
LEAVES = st.lists(st.one_of(SCALARS, OPERATORS), min_size=1, max_size=3)
PATTERNS = st.recursive(
    st.dictionaries(KEYS, LEAVES, min_size=1, max_size=3),
    lambda inner: st.one_of(
        st.dictionaries(KEYS, LEAVES | inner, min_size=1, max_size=3),
        operator("$or", st.lists(inner, min_size=2, max_size=3)),
    ),
    max_leaves=5,
)
ANY_JSON = st.recursive(
    st.one_of(st.none(), st.booleans(), st.integers(), st.floats(), st.text()),
    lambda inner: st.one_of(
        st.lists(inner),
        st.dictionaries(
            st.one_of(
                st.text(),
                st.sampled_from(
                    ["$or", "prefix", "suffix", "wildcard", "anything-but", "numeric", "cidr", "exists"]
                ),
            ),
            inner,
        ),
    ),
)


def accepted(patterns):
    """Compile the patterns, without those that are too complex."""
    rules = {}
    for number, pattern in enumerate(patterns):
        with contextlib.suppress(InvalidPattern):
            rules[f"rule {number}"] = EventPattern(pattern)
    return rules


@pytest.mark.slow
@given(st.lists(PATTERNS, max_size=6), st.lists(EVENTS, min_size=1, max_size=4))
def test_the_index_answers_as_each_pattern_alone(patterns, events):
    rules = accepted(patterns)
    index = EventRules(rules)
    with pytest.MonkeyPatch.context() as patching:
        patching.setattr("chalicelib.matching.events.pairs.LEAST", 1)  # as where there are many rules
        looked_up = EventRules(rules)

    for event in events:
        alone = {name for name, pattern in rules.items() if pattern.matches(event)}
        assert index.matching(event) == looked_up.matching(event) == alone
        assert index.matching(json.dumps(event)) == looked_up.matching(json.dumps(event)) == alone


@pytest.mark.slow
@given(PATTERNS, EVENTS)
def test_text_mapping_shortcut_and_explanation_agree(pattern, event):
    for compiled in accepted([pattern]).values():
        exactly = compiled._matches_exactly(event)

        assert compiled.matches(event) == exactly
        assert compiled.matches(json.dumps(event)) == exactly
        assert compiled.matches(json.dumps(event, ensure_ascii=False).encode()) == exactly
        assert (compiled.explain(event) == ()) == exactly


@pytest.mark.slow
@given(PATTERNS)
def test_every_pattern_written_by_the_rules_is_accepted_or_too_complex(pattern):
    try:
        compiled = EventPattern(pattern)
    except InvalidPattern as refusal:
        assert "too complex" in refusal.reason  # noqa: PT017 - either outcome is fine
    else:
        assert compiled.branches == EventPattern(json.dumps(pattern)).branches


@pytest.mark.slow
@given(ANY_JSON)
def test_compiling_any_json_raises_nothing_but_invalid_pattern(value):
    for pattern in (value, json.dumps(value), {"a": value}, {"a": [value]}, {"$or": value}):
        with contextlib.suppress(InvalidPattern):
            EventPattern(pattern)


@given(st.text() | st.text('{}[]",:\\ -+.eE0123456789truefalsn$opxid*/\n'))
def test_compiling_any_text_raises_nothing_but_invalid_pattern(text):
    with contextlib.suppress(InvalidPattern):
        EventPattern(text)


def strictly(text):
    """Return what the standard parser says: the object, or None."""

    def refuse(word):
        raise ValueError(word)

    try:
        value = json.loads(text, parse_constant=refuse)
    except ValueError:
        return None
    return value if isinstance(value, dict) else None


@pytest.mark.slow
@given(EVENTS, st.data())
def test_damaged_text_is_refused_exactly_when_it_is_no_json(event, data):
    text = json.dumps({"skipped": event, **event}, ensure_ascii=data.draw(st.booleans()))
    at = data.draw(st.integers(0, len(text)))
    length = data.draw(st.integers(0, 2))
    damaged = (
        text[:at] + data.draw(st.text('{}[]",:\\ -+.eE01u\x00\x1f\ud800é', max_size=2)) + text[at + length :]
    )
    pattern, rules = EventPattern({"a": {"b": ["x"]}}), EventRules({"rule": {"a": {"b": ["x"]}}})
    expected = strictly(damaged)

    if expected is None:
        for ask in (decode_event, pattern.matches, rules.matching):
            with pytest.raises(ValueError, match=r"^The event is not"):
                ask(damaged)
    else:
        assert decode_event(damaged) == expected
        assert pattern.matches(damaged) == pattern.matches(expected)
        assert rules.matching(damaged) == rules.matching(expected)


@given(st.text("abc*\\", max_size=8), st.text("abc*\\", max_size=10))
def test_a_wildcard_matches_what_its_meaning_says(pattern, text):
    try:
        compiled = EventPattern({"a": [{"wildcard": pattern}]})
    except InvalidPattern:
        return

    assert compiled.matches({"a": text}) == meets(pattern, text)


def meets(pattern, text):
    """Match the plain way, trying everything."""
    if not pattern:
        return not text
    if pattern[0] == "*":
        return any(meets(pattern[1:], text[start:]) for start in range(len(text) + 1))
    if pattern[0] == "\\":
        pattern = pattern[1:]
    return text[:1] == pattern[0] and meets(pattern[1:], text[1:])


class CountingText(str):
    """A string that counts how much of it is looked at."""

    __slots__ = ("characters", "searches")

    def __new__(cls, text):
        counting = super().__new__(cls, text)
        counting.searches = counting.characters = 0
        return counting

    def find(self, piece, start, end):
        """Search, and count what lies between the start and the end of the place found."""
        found = super().find(piece, start, end)
        self.searches += 1
        self.characters += (found + len(piece) if found >= 0 else end) - start
        return found

    def startswith(self, piece):
        """Compare, and count the piece."""
        self.characters += len(piece)
        return super().startswith(piece)

    def endswith(self, piece):
        """Compare, and count the piece."""
        self.characters += len(piece)
        return super().endswith(piece)


@pytest.mark.parametrize("size", [10, 100, 1000])
@pytest.mark.parametrize(
    "pieces",
    [
        pytest.param(lambda size: ("", *["a"] * size, "b"), id="a letter many times, and what never comes"),
        pytest.param(lambda size: ("", *["aab"] * size, ""), id="beginnings that fail late"),
        pytest.param(
            lambda size: ("", "a" * size + "b", ""), id="one long piece that nearly fits everywhere"
        ),
        pytest.param(lambda size: ("a", *["a", "aa"] * size, "aab"), id="an end that doesn't fit"),
    ],
)
def test_a_wildcard_looks_at_no_character_twice(pieces, size):
    wildcard = Wildcard("", pieces(size))
    text = CountingText("a" * size * 20)

    wildcard.accepts(text)

    assert text.searches <= len(wildcard.pieces)
    assert text.characters <= len(text) + len(wildcard.pieces[0]) + len(wildcard.pieces[-1])


@given(st.text(string.printable + "äßσςΣİıǅŉ", max_size=20))
def test_letters_in_any_case_are_told_by_their_first_character(text):
    """Two forms of a letter that began alike would make the expression go back and forth."""
    for letter in text:
        forms = {letter.lower(), letter.upper(), letter}
        assert len({form[0] for form in forms}) == len(forms)
    assert any_case(text).fullmatch(text)
    assert any_case(text, backwards=True).fullmatch(text[::-1])


@pytest.mark.slow
def test_no_letter_of_unicode_has_two_forms_that_begin_alike():
    for letter in map(chr, range(0x110000)):
        forms = {letter.lower(), letter.upper(), letter}
        assert len({form[0] for form in forms}) == len({form[-1] for form in forms}) == len(forms), letter
