"""Items kept in memory are answered for as DynamoDB's are: each call is made to both, and compared."""

import random

import pytest
from botocore.exceptions import ClientError

from scenarios.cloud.dynamodb.table_in_memory import TableInMemory
from scenarios.cloud.kernel.errors import NotSimulated
from tests.scenarios.cloud.small_worlds import admin, world

USUAL, IN_MEMORY = "usual", "in-memory"
LAPSED = "attribute_not_exists(pk) OR #e <= :now OR (#status = :way AND #until <= :now)"
NAMES = {"#e": "expires", "#status": "status", "#until": "until"}
RENEWED = "#version = :known"


def table(name):
    return {
        "Type": "AWS::DynamoDB::Table",
        "Properties": {
            "TableName": name,
            "BillingMode": "PAY_PER_REQUEST",
            "AttributeDefinitions": [{"AttributeName": each, "AttributeType": "S"} for each in ("pk", "sk")],
            "KeySchema": [
                {"AttributeName": "pk", "KeyType": "HASH"},
                {"AttributeName": "sk", "KeyType": "RANGE"},
            ],
        },
    }


@pytest.fixture(scope="module")
def client():
    with world({"Usual": table(USUAL), "InMemory": table(IN_MEMORY)}) as cloud:
        client = admin(cloud, "dynamodb")
        for name in (USUAL, IN_MEMORY):
            client.put_item(TableName=name, Item=item("before", "a"))
        TableInMemory(cloud.setting, client, IN_MEMORY)
        yield client


def key(pk, sk):
    return {"pk": {"S": pk}, "sk": {"S": sk}}


def item(pk, sk, **more):
    return {**key(pk, sk), **more}


def answered(client, name, operation, **parameters):
    """What a call answers, but for its metadata; or how it is refused."""
    about = (
        {"RequestItems": {name: parameters["requests"]}}
        if operation == "batch_write_item"
        else {"TableName": name, **parameters}
    )
    try:
        answer = getattr(client, operation)(**about)
    except ClientError as error:
        return error.response["Error"]["Code"], error.response.get("Item"), type(error).__name__
    return {name: value for name, value in answer.items() if name in {"Item", "Items", "Attributes", "Count"}}


def same(client, operation, **parameters):
    expected = answered(client, USUAL, operation, **parameters)

    assert answered(client, IN_MEMORY, operation, **parameters) == expected
    return expected


def a_call(dice):
    """One of the calls that the ledger's code makes, about few items, so that they meet."""
    pk, sk = dice.choice("xyz"), f"k{dice.randint(0, 6)}"
    number = {"N": str(dice.randint(0, 4))}
    given = item(
        pk, sk, expires=number, until=number, status={"S": dice.choice(["way", "done"])}, version=number
    )
    both = {"ReturnValues": "ALL_OLD", "ReturnValuesOnConditionCheckFailure": "ALL_OLD"}
    values = {":now": {"N": str(dice.randint(0, 4))}, ":way": {"S": "way"}}
    span = {":pk": {"S": pk}, ":since": {"S": "k1"}, ":until": {"S": dice.choice(["k3", "k5~", "~"])}}
    of_span = {
        "KeyConditionExpression": "pk = :pk AND sk BETWEEN :since AND :until",
        "ExpressionAttributeValues": span,
    }
    return dice.choice(
        [
            ("get_item", {"Key": key(pk, sk), "ConsistentRead": True}),
            ("put_item", {"Item": given}),
            ("put_item", {"Item": given, "ConditionExpression": "attribute_not_exists(pk)", **both}),
            (
                "put_item",
                {
                    "Item": given,
                    "ConditionExpression": LAPSED,
                    "ExpressionAttributeNames": NAMES,
                    "ExpressionAttributeValues": values,
                    **both,
                },
            ),
            (
                "put_item",
                {
                    "Item": given,
                    "ConditionExpression": RENEWED,
                    "ExpressionAttributeNames": {"#version": "version"},
                    "ExpressionAttributeValues": {":known": number},
                    **both,
                },
            ),
            ("delete_item", {"Key": key(pk, sk)}),
            ("batch_write_item", {"requests": [{"PutRequest": {"Item": given}}]}),
            ("query", {**of_span, "ConsistentRead": True}),
            ("query", {**of_span, "ScanIndexForward": False, "Limit": dice.randint(1, 3)}),
            (
                "query",
                {
                    "KeyConditionExpression": "pk = :pk",
                    "ExpressionAttributeValues": {":pk": {"S": pk}},
                    "ScanIndexForward": False,
                    "Limit": 2,
                },
            ),
        ]
    )


@pytest.mark.slow
def test_whatever_the_ledger_asks_is_answered_as_dynamodb_does(client):
    dice = random.Random(4)
    answers = [same(client, operation, **given) for operation, given in (a_call(dice) for _ in range(400))]

    refused = [each for each in answers if isinstance(each, tuple)]
    assert len(refused) > 20
    assert sum(bool(each.get("Items")) for each in answers if isinstance(each, dict)) > 20


def test_items_that_were_there_before_are_kept(client):
    assert same(client, "get_item", Key=key("before", "a"))["Item"] == item("before", "a")


@pytest.mark.slow
def test_a_long_partition_comes_in_pages(client):
    for number in range(30):
        same(client, "put_item", Item=item("long", f"{number:02}", text={"S": "x" * 90_000}))

    pages = client.get_paginator("query").paginate(
        TableName=IN_MEMORY,
        KeyConditionExpression="pk = :pk",
        ExpressionAttributeValues={":pk": {"S": "long"}},
    )
    got = [[each["sk"]["S"] for each in page["Items"]] for page in pages]

    assert len(got) > 2
    assert [each for page in got for each in page] == [f"{number:02}" for number in range(30)]


@pytest.mark.parametrize(
    "bad",
    [
        pytest.param({"sk": {"S": ""}}, id="an empty key"),
        pytest.param({"sk": {"S": "x" * 2000}}, id="a key that is too long"),
        pytest.param({"text": {"S": "x" * 410_000}}, id="an item that is too large"),
    ],
)
def test_what_dynamodb_refuses_is_refused(client, bad):
    code, *_ = same(client, "put_item", Item=item("bad", "b") | bad)

    assert code == "ValidationException"


def test_what_is_answered_can_be_changed_without_harm(client):
    client.put_item(TableName=IN_MEMORY, Item=item("own", "a", text={"S": "as it was"}))
    client.get_item(TableName=IN_MEMORY, Key=key("own", "a"))["Item"]["text"]["S"] = "changed"

    assert same(client, "put_item", Item=item("own", "a", text={"S": "as it was"})) == {}
    assert same(client, "get_item", Key=key("own", "a"))["Item"]["text"]["S"] == "as it was"


@pytest.mark.parametrize(
    ("operation", "parameters"),
    [
        pytest.param("get_item", {"ProjectionExpression": "pk", "Key": key("x", "a")}, id="a projection"),
        pytest.param(
            "put_item",
            {"Item": item("x", "a"), "ConditionExpression": "begins_with(pk, :x)"},
            id="a function in a condition",
        ),
        pytest.param(
            "query",
            {
                "KeyConditionExpression": "pk = :pk AND sk > :a",
                "ExpressionAttributeValues": {":pk": {"S": "x"}},
            },
            id="another span",
        ),
    ],
)
def test_what_it_does_not_understand_is_loud(client, operation, parameters):
    with pytest.raises(NotSimulated, match="kept in memory"):
        getattr(client, operation)(TableName=IN_MEMORY, **parameters)
