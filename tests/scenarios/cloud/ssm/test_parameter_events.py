"""Parameter Store tells of what is done to parameters."""

import pytest

from scenarios.cloud.deployment import ACCOUNT
from tests.scenarios.cloud.small_worlds import admin, heard, queue, rule, world

HEARS = {**queue(), **rule(pattern={"source": ["aws.ssm"]})}


@pytest.mark.slow
def test_a_parameter_is_created_updated_labelled_and_deleted():
    with world(HEARS) as cloud:
        ssm = admin(cloud, "ssm")
        ssm.put_parameter(Name="/app/a", Value="1", Type="String", Description="first")
        ssm.put_parameter(Name="/app/a", Value="2", Type="String", Overwrite=True)
        ssm.label_parameter_version(Name="/app/a", Labels=["live"])
        ssm.delete_parameter(Name="/app/a")
        cloud.run(10)

        events = heard(cloud)

    assert [event["detail"]["operation"] for event in events] == [
        "Create",
        "Update",
        "LabelParameterVersion",
        "Delete",
    ]
    assert events[0]["detail"] == {
        "operation": "Create",
        "name": "/app/a",
        "type": "String",
        "description": "first",
    }
    assert {event["detail-type"] for event in events} == {"Parameter Store Change"}
    assert events[0]["resources"] == [f"arn:aws:ssm:us-east-1:{ACCOUNT}:parameter/app/a"]
    assert events[3]["detail"]["type"] == "String"


def test_several_deleted_at_once_are_told_one_by_one():
    with world(HEARS) as cloud:
        ssm = admin(cloud, "ssm")
        ssm.put_parameter(Name="a", Value="1", Type="String")
        ssm.delete_parameters(Names=["a", "none"])
        cloud.run(10)

        told = [(event["detail"]["operation"], event["detail"]["name"]) for event in heard(cloud)]

    assert told == [("Create", "a"), ("Delete", "a")]
