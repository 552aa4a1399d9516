"""Many rules at once answer as each alone, whatever the order, the kind of value, and what is remembered."""

import json
import random
import subprocess
import sys
from itertools import pairwise

import pytest

from chalicelib.matching import EventPattern, EventRules, InvalidPattern
from chalicelib.matching.events import index as event_index
from chalicelib.matching.events import walk
from chalicelib.matching.events.fields import mapping_reader

RULES = {
    "sign-in": {"source": ["aws.signin"], "detail": {"eventName": ["ConsoleLogin"]}},
    "root": {"detail": {"userIdentity": {"type": ["Root"]}}},
    "failed": {"detail": {"errorCode": [{"exists": True}]}},
    "outside": {"detail": {"sourceIPAddress": [{"anything-but": {"prefix": "10."}}]}},
    "inside": {"detail": {"sourceIPAddress": [{"cidr": "10.0.0.0/8"}]}},
    "inside v6": {"detail": {"sourceIPAddress": [{"cidr": "fd00::/104"}]}},
    "from somewhere": {"detail": {"sourceIPAddress": [{"suffix": ""}, {"prefix": "x"}]}},
    "one": {"detail": {"count": [1]}},
    "true": {"detail": {"count": [True]}},
    "more": {"detail": {"count": [{"numeric": [">", 1]}]}},
    "null": {"detail": {"count": [None]}},
    "open port": {"detail": {"ports": {"port": [22], "state": ["open"]}}},
    "some port": {"detail": {"ports": {"port": [22], "state": [{"exists": False}]}}},
    "either": {"$or": [{"source": ["aws.iam"]}, {"detail": {"eventName": [{"wildcard": "Delete*"}]}}]},
    "tagged": {"resources": ["arn:a", {"suffix": ":b"}]},
    "not both": {"region": [{"anything-but": "here"}, {"anything-but": "there"}]},
    "not here": {"region": [{"anything-but": "here"}]},
}


def row(name, event, *names):
    return pytest.param(event, set(names), id=name)


EVENTS = [
    row("sign-in", {"source": "aws.signin", "detail": {"eventName": "ConsoleLogin"}}, "sign-in"),
    row("root fails", {"detail": {"userIdentity": {"type": "Root"}, "errorCode": "x"}}, "root", "failed"),
    row("inside", {"detail": {"sourceIPAddress": "10.1.2.3"}}, "inside", "from somewhere"),
    row("inside v6", {"detail": {"sourceIPAddress": "fd00::1"}}, "inside v6", "outside", "from somewhere"),
    row("v6 with the digits of v4", {"detail": {"sourceIPAddress": "::a00:1"}}, "outside", "from somewhere"),
    row("a service", {"detail": {"sourceIPAddress": "ec2.amazonaws.com"}}, "outside", "from somewhere"),
    row("one", {"detail": {"count": 1}}, "one"),
    row("one as a fraction", {"detail": {"count": 1.0}}, "one"),
    row("true", {"detail": {"count": True}}, "true"),
    row("very many", {"detail": {"count": 2**70}}, "more"),
    row("null", {"detail": {"count": None}}, "null"),
    row("one as a text", {"detail": {"count": "1"}}),
    row("an open port", {"detail": {"ports": [{"port": 22, "state": "open"}]}}, "open port"),
    row("two ports", {"detail": {"ports": [{"port": 22}, {"state": "open"}]}}, "some port"),
    row("both branches", {"source": "aws.iam", "detail": {"eventName": "DeleteUser"}}, "either"),
    row("one branch", {"detail": {"eventName": "DeleteUser"}}, "either"),
    row("an array", {"resources": ["arn:x", "arn:b"]}, "tagged"),
    row("an empty array", {"resources": []}),
    row("an object", {"resources": {"arn": "arn:a"}}),
    row("an array of arrays", {"resources": [["arn:a"]]}, "tagged"),
    row("a dotted key", {"detail.errorCode": "x"}, "failed"),
    row("here", {"region": "here"}, "not both"),
    row("there", {"region": "there"}, "not both", "not here"),
    row("elsewhere", {"region": "elsewhere"}, "not both", "not here"),
    row("a scalar above the fields", {"detail": "x"}),
    row("null above the fields", {"detail": None}),
    row("nothing", {}),
]


@pytest.fixture(scope="module")
def rules():
    return EventRules(RULES)


@pytest.mark.parametrize(("event", "names"), EVENTS)
def test_an_event_matches_the_rules_that_it_matches_alone(rules, event, names):
    text = json.dumps(event)

    assert {name for name, pattern in RULES.items() if EventPattern(pattern).matches(event)} == names
    assert [rules.matching(form) for form in (event, text, text.encode())] == [names] * 3


@pytest.mark.parametrize("capacity", [1, 2, 7, 30, 1000])
def test_forgetting_changes_no_answer(monkeypatch, capacity):
    monkeypatch.setattr(walk, "LEAST_CAPACITY", capacity)
    monkeypatch.setattr(walk, "MEMORY_FOR_STATES", 0)
    rules = EventRules(RULES)

    for _ in range(3):
        for each in EVENTS:
            event, names = each.values
            assert rules.matching(event) == names
            assert rules.matching(json.dumps(event)) == names


@pytest.mark.slow
def test_what_is_remembered_is_bounded(monkeypatch):
    monkeypatch.setattr(walk, "LEAST_CAPACITY", 50)
    monkeypatch.setattr(walk, "MEMORY_FOR_STATES", 0)
    rules = EventRules(RULES)

    most = 0
    for number in range(2000):
        detail = {"sourceIPAddress": f"10.0.0.{number}", "count": number, "eventName": f"Delete{number}"}
        rules.matching({"detail": detail})
        most = max(most, things_remembered(rules))

    assert 10 < most <= 60


def test_a_string_that_only_literals_are_compared_with_is_not_remembered():
    rules = EventRules({"a": {"user": ["ann"]}, "b": {"user": ["ben", {"anything-but": ["ann", "cid"]}]}})

    answers = [rules.matching({"user": f"user-{number}"}) for number in range(100)]

    assert answers == [{"b"}] * 100
    assert [rules.matching({"user": user}) for user in ("ann", "ben", "cid")] == [{"a"}, {"b"}, set()]
    assert things_remembered(rules) < 10


def test_a_very_long_string_or_number_is_not_remembered():
    rules = EventRules({"a": {"user": [{"prefix": "ann"}]}, "b": {"user": [{"numeric": [">", 0]}]}})
    rules.matching({})
    before = things_remembered(rules)

    assert rules.matching({"user": "anna" * 1000}) == {"a"}
    assert rules.matching({"user": 10**1000}) == {"b"}
    assert things_remembered(rules) <= before + 2  # the states they lead to


def things_remembered(rules):
    """Count the states and transitions, by looking inside."""
    states = rules._for_mappings._states.values()
    kept = sum(1 + len(state.by_string) + len(state.others) if state.field else 1 for state in states)
    in_tables = sum(len(field[-2]) for state in states for field in state.table or ())
    return kept + in_tables + sum(len(state.combinations) for state in states)


@pytest.mark.slow
def test_a_matched_event_costs_no_more_steps_with_a_thousand_rules(monkeypatch):
    reads = []

    def counting_reader(path):
        read = mapping_reader(path)
        return lambda event: reads.append(path) or read(event)

    monkeypatch.setattr(event_index, "mapping_reader", counting_reader)
    rules = {
        f"rule {number}": {
            "source": [f"aws.{number % 25}"],
            "detail": {"eventName": [f"Event{number}"], f"field{number % 40}": [{"prefix": "x"}]},
        }
        for number in range(1000)
    }
    steps = []
    for count in (1, 10, 100, 1000):
        index = EventRules(dict(list(rules.items())[:count]))
        reads.clear()
        assert index.matching({"source": "aws.0", "detail": {"eventName": "Event0", "field0": "xyz"}}) == {
            "rule 0"
        }
        steps.append(len(reads))

    assert steps == [3, 3, 3, 3]


def test_a_refused_rule_is_named():
    with pytest.raises(InvalidPattern) as refusal:
        EventRules({"good": {"a": ["x"]}, "bad": '{"a": "x"}'})

    assert refusal.value.where == "rule 'bad', a"
    assert refusal.value.reason == '"a" must be an object or an array'
    assert refusal.value.position == 6


def test_no_rules_match_nothing():
    assert EventRules({}).matching({"a": 1}) == set()
    assert EventRules({}).matching('{"a": 1}') == set()


def test_text_that_is_no_json_object_is_refused_even_without_rules():
    for text in ("[1]", "{", b"\xff"):
        with pytest.raises(ValueError, match=r"^The event is not"):
            EventRules({}).matching(text)


def test_compiled_patterns_are_taken_as_they_are():
    assert EventRules({"a": EventPattern({"x": [1]})}).matching({"x": 1}) == {"a"}


def test_an_answer_cannot_be_changed_for_others():
    rules = EventRules({"a": {"x": [1]}})

    assert isinstance(rules.matching({"x": 1}), frozenset)


@pytest.mark.slow
def test_many_rules_that_all_survive_are_told_apart_in_the_end():
    rules = {f"rule {number}": {"n": [{"numeric": [">=", number]}]} for number in range(300)}
    index = EventRules(rules)

    sizes = [len(index.matching({"n": number})) for number in range(-1, 302)]

    assert sizes[:3] == [0, 1, 2]
    assert sizes[-1] == 300
    assert all(more >= fewer for fewer, more in pairwise(sizes))


@pytest.mark.slow
def test_importing_the_package_loads_no_engine_before_it_is_used():
    """A cold start waits only for what its function uses."""
    program = """
import sys
import chalicelib.matching
assert not [name for name in sys.modules if name.startswith(("chalicelib.matching.", "msgspec"))]
from chalicelib.matching import EventPattern
EventPattern({"a": ["x"]}).matches({"a": "x"})
assert not [name for name in sys.modules if name.startswith(("chalicelib.matching.logs", "msgspec"))]
"""
    subprocess.run([sys.executable, "-c", program], check=True, timeout=60)


def test_an_empty_key_below_a_field_is_no_name_for_the_field_itself():
    rules = EventRules({"itself": {"a": [None]}, "below": {"a": {"": [""]}}})

    assert rules.matching('{"a": ""}') == rules.matching({"a": ""}) == set()
    assert rules.matching('{"a": {"": ""}}') == {"below"}


@pytest.mark.slow
def test_rules_for_the_same_call_that_differ_in_conditions_answer_as_each_alone():
    """More of them than are asked one by one, and again and again, so that they get a table of their own."""
    conditions = [
        {"errorCode": [{"exists": False}]},
        {"errorCode": ["AccessDenied", {"wildcard": "*Unauthorized*"}]},
        {"readOnly": [False]},
        {"count": [{"numeric": [">", 3]}]},
        {"region": [{"anything-but": ["us-east-1"]}]},
        {"address": [{"cidr": "10.0.0.0/16"}]},
        {"address": [{"anything-but": {"suffix": ".amazonaws.com"}}]},
        {"identity": {"type": ["Root"], "arn": [{"prefix": "arn:aws:iam::1"}]}},
        {"identity": {"arn": [{"exists": True}]}},
        {"agent": [{"equals-ignore-case": "Console.amazonaws.com"}, "boto"]},
        {"tags": ["a", "b"]},
    ]
    rules = {
        f"{one}+{other}": {"detail": {"name": ["Delete"], **conditions[one], **conditions[other]}}
        for one in range(len(conditions))
        for other in range(one)
        if (one + other) % 4 == 0
    }
    dice = random.Random(1)
    values = {
        "errorCode": ["AccessDenied", "Client.UnauthorizedOperation", None],
        "readOnly": [True, False, 0, "false"],
        "count": [3, 4, 4.5, "4", True],
        "region": ["us-east-1", "eu-west-1"],
        "address": ["10.0.1.1", "10.1.0.0", "ec2.amazonaws.com", "x" * 300],
        "identity": [{"type": "Root", "arn": "arn:aws:iam::1"}, {"type": "Root"}, "text", [{"arn": "x"}], {}],
        "agent": ["boto", "console.AMAZONAWS.com", None],
        "tags": ["a", ["c", "b"], [], [["a"]], {"a": "b"}],
    }
    index = EventRules(rules)
    alone = {name: EventPattern(rule) for name, rule in rules.items()}

    for _ in range(1000):
        detail = {key: dice.choice(options) for key, options in values.items() if dice.random() < 0.8}
        event = {"detail": {"name": "Delete", **detail}}
        names = {name for name, pattern in alone.items() if pattern.matches(event)}
        assert index.matching(event) == names, event
        assert index.matching(json.dumps(event)) == names, event

    walks = (index._for_mappings, index._for_text)
    assert all(any(state.table for state in walk._states.values()) for walk in walks)


SOURCES, NAMES = ["aws.iam", "aws.ec2", "aws.s3"], ["Create", "Delete", "Put", "Get"]
ODD = [
    None,
    True,
    1,
    {},
    {"x": 1},
    [],
    ["aws.iam", "aws.s3"],
    ["Delete", 1],
    [{"name": "Put"}],
    [["Get"]],
    "x",
]


def many_rules():
    """Rules that name a source and a few names, and a few that name less or other things."""
    dice = random.Random(7)
    conditions = [{}, {"error": [{"exists": False}]}, {"agent": [{"prefix": "b"}]}, {"count": [1]}]
    found = {
        f"both {number}": {
            "source": [dice.choice(SOURCES)],
            "detail": {"name": dice.sample(NAMES, 2), **dice.choice(conditions)},
        }
        for number in range(80)
    }
    return found | {
        "source": {"source": ["aws.iam"]},
        "name": {"detail": {"name": ["Delete", {"prefix": "Pu"}]}},
        "either": {"$or": [{"source": ["aws.s3"], "detail": {"name": ["Get"]}}, {"detail": {"count": [2]}}]},
        "absent": {"source": [{"exists": False}], "detail": {"name": ["Put"]}},
    }


@pytest.mark.slow
@pytest.mark.parametrize("capacity", [1, 30, 1000])
def test_rules_that_are_looked_up_answer_as_each_alone(monkeypatch, capacity):
    """Whatever stands in the two fields, and however often it comes."""
    monkeypatch.setattr(walk, "LEAST_CAPACITY", capacity)
    monkeypatch.setattr(walk, "MEMORY_FOR_STATES", 0)
    rules = many_rules()
    index, alone = EventRules(rules), {name: EventPattern(rule) for name, rule in rules.items()}
    dice = random.Random(8)
    matched = set()

    for _ in range(600):
        detail = {
            "name": dice.choice(NAMES + ODD),
            "agent": dice.choice(["boto", "x"]),
            "count": dice.choice([1, 2]),
        }
        detail |= dice.choice([{}, {"error": "x"}])
        event = {
            "source": dice.choice(SOURCES * 3 + ODD),
            "detail": dice.choice([detail] * 9 + [[detail, {}], "text"]),
        }
        event |= dice.choice([{}] * 9 + [{"detail.name": "Put"}])
        if dice.random() < 0.1:
            del event["source"]
        names = {name for name, pattern in alone.items() if pattern.matches(event)}
        assert index.matching(event) == index.matching(json.dumps(event)) == names, event
        matched |= names

    assert len(matched) > 70


@pytest.mark.slow
def test_an_event_is_not_walked_through_many_rules_that_name_what_it_is_not():
    rules = {
        f"{source} {number}": {
            "source": [source],
            "detail": {"name": [f"Do{number}"], "user": [f"u{number}"]},
        }
        for source in SOURCES
        for number in range(200)
    }
    index = EventRules(rules)
    before = things_remembered(index)

    for number in range(200):
        assert index.matching(
            {"source": "aws.s3", "detail": {"name": f"Do{number}", "user": f"u{number}"}}
        ) == {f"aws.s3 {number}"}

    assert things_remembered(index) == before
