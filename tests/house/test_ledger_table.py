"""The ledger keeps its own table: nobody else writes its items, builds its keys or reads its errors."""

import ast
import re
from datetime import timedelta

import pytest

import chalicelib.ledger
from chalicelib.ledger.anchors import ANCHORS_KEPT
from chalicelib.ledger.claims import CLAIMS_KEPT
from chalicelib.ledger.entries import FINDINGS_KEPT
from chalicelib.ledger.ledger import STATE_KEPT
from chalicelib.ledger.shape import SHAPE, TIME_TO_LIVE
from chalicelib.ledger.table import EXPIRES, PK, SK, Kind
from chalicelib.ledger.validations import VALIDATIONS_KEPT
from tests.house.imports import modules, within

# DynamoDB's operations on items, by boto3's names; a restored or deleted table is nobody's item.
OPERATIONS = {
    "batch_write_item",
    "delete_item",
    "put_item",
    "query",
    "transact_write_items",
    "update_item",
}
NAMES = {"ConditionalCheckFailedException", "ConditionalCheckFailed", PK, SK}
KEY = re.compile(rf"({'|'.join(Kind)})#")

# The simulated DynamoDB knows tables, and nothing of this one; a key is a text like any other there. What is
# asked of logs is called a query too.
ELSEWHERE = [
    module
    for module in modules()
    if not within(module, "chalicelib.ledger")
    and not within(module, "scenarios.cloud")
    and not within(module, "scenarios.queries")
]


def touches(tree) -> set[str]:
    """What in a module's text reaches into the table."""
    found = set()
    for node in ast.walk(tree):
        match node:
            case ast.Call(func=ast.Attribute(attr=operation)) if operation in OPERATIONS:
                found.add(operation)
            case ast.Constant(value=str(text)) if text in OPERATIONS | NAMES or KEY.match(text):
                found.add(text)
            case ast.ImportFrom(module="chalicelib.ledger.table", names=names):
                found |= {each.name for each in names if each.name in ("EXPIRES", "PK", "SK", "Table")}
    return found


# Who attacks the ledger does what the ledger keeps from everybody else.
ATTACKERS = "scenarios.incidents.one_right"
# The walk over fault points reads each item as it was written, in its own words and not in the ledger's.
READER = "scenarios.runner.walk"


@pytest.mark.slow
def test_nobody_else_touches_the_table():
    assert len(ELSEWHERE) > 100

    found = {module: touches(ast.parse(modules()[module].read_text())) for module in ELSEWHERE}

    for module in ("scenarios.commands.cli", "scenarios.runner.alert_questions", "chalicelib.runtime.asking"):
        found[module] -= {"query"}  # the name of a command, which asks logs
    for module in ("scenarios.dashboards.widgets", "scenarios.dashboards.page"):
        found[module] -= {"query"}  # what a widget asks logs
    touching = {module for module, names in found.items() if names and not within(module, READER)}
    assert touching == {ATTACKERS}
    assert not any(names & OPERATIONS for module, names in found.items() if within(module, READER))


@pytest.mark.parametrize(
    "text",
    [
        "client.put_item(TableName=ledger.table, Item=item)",
        "client.get_paginator('query')",
        "error.response['Error']['Code'] == 'ConditionalCheckFailedException'",
        "item['pk']['S'].startswith('x')",
        "f'finding#{name}'",
        "from chalicelib.ledger.table import EXPIRES, Kind",
    ],
)
def test_a_touch_is_seen(text):
    assert len(touches(ast.parse(text))) == 1


# ---- what the docstring says --------------------------------------------------------------------

KEPT = {
    Kind.CLAIM: CLAIMS_KEPT,
    Kind.FINDING: FINDINGS_KEPT,
    Kind.STATE: STATE_KEPT,
    Kind.ANCHOR: ANCHORS_KEPT,
    Kind.VALIDATION: VALIDATIONS_KEPT,
}


def described() -> dict[str, str]:
    """What the room's docstring says of each kind of item."""
    entries = re.findall(r"^(\w+)(?:#\S+)?, .+\n((?:    .+\n)+)", chalicelib.ledger.__doc__, re.MULTILINE)
    found: dict[str, str] = {}
    for kind, text in entries:
        found[kind] = found.get(kind, "") + " ".join(text.split())
    return found


def test_the_room_describes_every_kind_of_item():
    assert set(described()) == set(Kind)


def test_it_says_who_writes_each_and_when_it_expires():
    assert [kind for kind, text in described().items() if "ritten by" not in text] == []
    assert [kind for kind, text in described().items() if "expire" not in text] == []


@pytest.mark.parametrize("kind", KEPT)
def test_it_says_how_long_each_is_kept(kind):
    assert KEPT[kind] % timedelta(days=1) == timedelta(0)
    assert f"{KEPT[kind].days} days" in described()[kind]


def test_the_shape_names_the_keys():
    assert [each["AttributeName"] for each in SHAPE["KeySchema"]] == [PK, SK]
    assert TIME_TO_LIVE["AttributeName"] == EXPIRES
