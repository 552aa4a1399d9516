"""The two spellings of a configuration item come to one record."""

from datetime import UTC, datetime

import pytest

from chalicelib.config_items import item_of_api, item_sent
from chalicelib.config_rule import Item, Relation
from chalicelib.errors import MalformedEvent

MOMENT = datetime(2017, 11, 27, 14, 26, 11, 300_000, tzinfo=UTC)
SENT = {
    "configurationItemVersion": "1.3",
    "configurationItemCaptureTime": "2017-11-27T14:26:11.300Z",
    "configurationStateId": 1511792771300,
    "awsAccountId": "123456789012",
    "configurationItemStatus": "OK",
    "resourceType": "AWS::EC2::SecurityGroup",
    "resourceId": "sg-1",
    "resourceName": "open",
    "ARN": "arn:aws:ec2:eu-west-1:123456789012:security-group/sg-1",
    "awsRegion": "eu-west-1",
    "availabilityZone": "Not Applicable",
    "tags": {"app": "shop"},
    "relatedEvents": [],
    "supplementaryConfiguration": {"Policy": '{"Version":"2012-10-17"}', "Status": {"status": "Off"}},
    "relationships": [
        {
            "resourceId": "eni-1",
            "resourceName": None,
            "resourceType": "AWS::EC2::NetworkInterface",
            "name": "Is associated with NetworkInterface",
        }
    ],
    "configuration": {"groupId": "sg-1", "ipPermissions": []},
}
ANSWERED = {
    "version": "1.3",
    "accountId": "123456789012",
    "configurationItemCaptureTime": MOMENT,
    "configurationItemStatus": "OK",
    "resourceType": "AWS::EC2::SecurityGroup",
    "resourceId": "sg-1",
    "resourceName": "open",
    "arn": SENT["ARN"],
    "awsRegion": "eu-west-1",
    "tags": {"app": "shop"},
    "supplementaryConfiguration": {"Policy": '{"Version":"2012-10-17"}', "Status": '{"status":"Off"}'},
    "relationships": [
        {
            "resourceId": "eni-1",
            "resourceType": "AWS::EC2::NetworkInterface",
            "relationshipName": "Is associated with NetworkInterface",
        }
    ],
    "configuration": '{"groupId":"sg-1","ipPermissions":[]}',
}
SELECTED = {
    **ANSWERED,
    "configurationItemCaptureTime": "2017-11-27T14:26:11.300Z",
    "configuration": SENT["configuration"],
    "supplementaryConfiguration": SENT["supplementaryConfiguration"],
    "tags": [{"key": "app", "value": "shop", "tag": "app=shop"}],
}
READ = Item(
    type="AWS::EC2::SecurityGroup",
    id="sg-1",
    name="open",
    arn=SENT["ARN"],
    account="123456789012",
    region="eu-west-1",
    captured=MOMENT,
    status="OK",
    configuration={"groupId": "sg-1", "ipPermissions": []},
    supplementary={"Policy": {"Version": "2012-10-17"}, "Status": {"status": "Off"}},
    tags={"app": "shop"},
    relations=(
        Relation(type="AWS::EC2::NetworkInterface", id="eni-1", words="Is associated with NetworkInterface"),
    ),
)


def test_what_config_sends_and_what_its_api_and_its_queries_answer_is_one_item():
    assert item_sent(SENT) == item_of_api(ANSWERED) == item_of_api(SELECTED) == READ


def test_related_resources_are_found_by_their_type():
    assert READ.related("AWS::EC2::NetworkInterface") == ("eni-1",)
    assert READ.related("AWS::EC2::Instance") == ()


@pytest.mark.parametrize(
    ("status", "gone", "recorded"),
    [
        ("OK", False, True),
        ("ResourceDiscovered", False, True),
        ("ResourceDeleted", True, True),
        ("ResourceNotRecorded", False, False),
        ("ResourceDeletedNotRecorded", True, False),
    ],
)
def test_a_status_says_whether_the_resource_is_gone_and_recorded(status, gone, recorded):
    item = item_sent({**SENT, "configurationItemStatus": status, "configuration": None})

    assert (item.is_deleted, item.is_recorded) == (gone, recorded)
    assert item.configuration == {}


@pytest.mark.parametrize(
    "raw",
    [None, [], "x", {}, {**SENT, "resourceId": None}, {**SENT, "configurationItemCaptureTime": "soon"}],
)
def test_what_is_no_item_is_malformed(raw):
    with pytest.raises(MalformedEvent):
        item_sent(raw)


def test_text_that_looks_like_json_and_is_none_stays_text():
    item = item_sent({**SENT, "supplementaryConfiguration": {"Policy": "{broken", "Deep": "[" * 100_000}})

    assert item.supplementary == {"Policy": "{broken", "Deep": "[" * 100_000}
