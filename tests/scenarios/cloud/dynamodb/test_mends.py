"""The faster way through moto's DynamoDB ends where moto's own does."""

import boto3
import pytest
from botocore.exceptions import ClientError
from moto import mock_aws
from moto.dynamodb.comparisons import ConditionExpressionParser
from moto.dynamodb.exceptions import MockValidationException
from moto.dynamodb.models.dynamo_type import Item
from moto.dynamodb.parsing.expressions import UpdateExpressionParser

from scenarios.cloud.dynamodb.mends import MENDS
from scenarios.cloud.kernel import moto_hooks

NAMES = {"#a": "a", "#l": "list", "#n": "count"}
VALUES = {":one": {"N": "1"}, ":text": {"S": "text"}, ":list": {"L": [{"S": "x"}]}, ":set": {"SS": ["x"]}}
UPDATES = [
    "SET #a = :text",
    "SET #a = :text, b.c = :one REMOVE d",
    "SET #n = #n + :one",
    "SET #n = if_not_exists(nothing, :one)",
    "SET #l = list_append(#l, :list)",
    "REMOVE #l[0], #l[2]",
    "ADD #n :one",
    "ADD letters :set DELETE others :set",
    "SET #a = :text SET d = :one",
    "SET b.c = :one, b = :text",
    "SET id = :text",
    "SET #a = :missing",
    "SET #a = ",
]
CONDITIONS = [
    "attribute_not_exists(id)",
    "attribute_exists(id) AND (#n > :one OR begins_with(#a, :text))",
    "#n BETWEEN :one AND :one",
    "NOT contains(#l, :text)",
    "#a <> :text and size(#l) >= :one",
]
STANDS = {
    "id": {"S": "1"},
    "a": {"S": "before"},
    "b": {"M": {"c": {"N": "0"}}},
    "d": {"BOOL": True},
    "count": {"N": "3"},
    "list": {"L": [{"S": "a"}, {"S": "b"}, {"S": "c"}]},
    "letters": {"SS": ["y"]},
    "others": {"SS": ["x", "z"]},
}


def placeholders(asked):
    """The names and values that an expression uses; others are refused."""
    every = {"ExpressionAttributeNames": NAMES, "ExpressionAttributeValues": VALUES}
    used = {which: {name: some[name] for name in some if name in str(asked)} for which, some in every.items()}
    return {which: some for which, some in used.items() if some}


def ends(client, asked):
    """What an update answers and leaves, or how it is refused."""
    client.put_item(TableName="games", Item=STANDS)
    try:
        answer = client.update_item(
            TableName="games",
            Key={"id": {"S": "1"}},
            ReturnValues="ALL_NEW",
            **placeholders(asked),
            **asked,
        )
        told = answer["Attributes"]
    except ClientError as error:
        told = str(error)
    return told, client.get_item(TableName="games", Key={"id": {"S": "1"}})["Item"]


def outcomes():
    client = boto3.client("dynamodb", "us-east-1", aws_access_key_id="a", aws_secret_access_key="b")
    client.create_table(
        TableName="games",
        KeySchema=[{"AttributeName": "id", "KeyType": "HASH"}],
        AttributeDefinitions=[{"AttributeName": "id", "AttributeType": "S"}],
        BillingMode="PAY_PER_REQUEST",
    )
    updates = [{"UpdateExpression": text} for text in UPDATES]
    asked = [*updates, *({"ConditionExpression": text, **updates[0]} for text in CONDITIONS)]
    return [ends(client, each) for _ in range(2) for each in asked]


@pytest.mark.slow
def test_expressions_have_the_outcomes_they_have_in_moto_alone_the_second_time_too():
    with mock_aws():
        alone = outcomes()
    with moto_hooks.moto_without_physics(0, MENDS):
        mended = outcomes()

    assert mended == alone
    assert len({str(told) for told, _ in alone}) == len(UPDATES)  # nearly each has its own


@pytest.mark.slow
def test_a_tree_is_read_once_and_not_changed_by_those_who_use_it():
    with moto_hooks.moto_without_physics(0, MENDS):
        tree = UpdateExpressionParser.make("SET #a = :one REMOVE c, d")
        below = [type(child).__name__ for child in tree.children]
        outcomes()

        assert UpdateExpressionParser.make("SET #a = :one REMOVE c, d") is tree
        assert [type(child).__name__ for child in tree.children] == below


def test_the_words_of_a_condition_are_each_readers_own():
    with moto_hooks.moto_without_physics(0, MENDS):
        first = ConditionExpressionParser("a = :one", {}, {})._lex_condition_expression()
        first.clear()

        assert [
            each.text for each in ConditionExpressionParser("a = :one", {}, {})._lex_condition_expression()
        ]


PARSED = [
    "a = :one",
    "#a = :one AND attribute_not_exists(list[0]) OR NOT (#n BETWEEN :one AND :two)",
    "attribute_type(#a, :text) AND contains(b.c, :text) AND begins_with(#a, :text)",
    "#n IN (:one, :two) AND size(#l) > :one",
    "#n <> :two",
    "a = :missing",
    "#missing = :one",
    "((a = :one))",
    "size(:one) > :one",
    "a = ",
    "name = :one",
    "",
]
JUDGED = [{"a": {"S": "text"}, "count": {"N": "2"}, "b": {"M": {"c": {"S": "a text"}}}}, {"a": {"N": "1"}}]


def judged(condition):
    """What a condition says of items, with two sets of values, and which names and values stand in it."""
    found = []
    for number in ("1", "2"):
        values = {**VALUES, ":one": {"N": number}, ":two": {"N": "3"}}
        parser = ConditionExpressionParser(condition, NAMES, values)
        try:
            op = parser.parse()
            told = [repr(op), *(op.expr(Item(None, None, attrs)) for attrs in JUDGED)]
        except (KeyError, ValueError, MockValidationException) as error:
            told = [repr(error)]
        found.append((told, parser.expr_attr_names_found, parser.expr_attr_values_found))
    return found


@pytest.mark.parametrize("condition", PARSED)
def test_a_condition_says_what_it_says_to_moto_alone(condition):
    alone = judged(condition)
    with moto_hooks.moto_without_physics(0, MENDS):
        first, again = judged(condition), judged(condition)

    assert first == again == alone


def test_each_sees_its_own_values_in_a_condition():
    with moto_hooks.moto_without_physics(0, MENDS):
        told = judged("#n = :one")

    assert told[0] != told[1]


@pytest.mark.parametrize("size", [404_990, 405_000, 405_001, 500_000])
def test_an_item_is_too_large_where_moto_alone_finds_it_too_large(size):
    attrs = {"a": {"S": "x" * 200_000}, "b": {"S": "x" * (size - 200_002)}}

    def made():
        try:
            return Item(None, None, attrs).attrs
        except Exception as error:  # noqa: BLE001 - which one it is, is what is compared
            return type(error).__name__

    alone = made()
    with moto_hooks.moto_without_physics(0, MENDS):
        assert made() == alone
    assert (alone == "ItemSizeTooLarge") == (size > 405_000)
