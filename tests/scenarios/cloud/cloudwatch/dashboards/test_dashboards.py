"""Dashboards of an account: put, asked for in any region, deleted with their stack."""

import json

import pytest
from botocore.exceptions import ClientError

from tests.scenarios.cloud.small_worlds import admin, world

NOTE = {"type": "text", "properties": {"markdown": "a"}}
BODY = json.dumps({"widgets": [NOTE]})
STACK = {"Board": {"Type": "AWS::CloudWatch::Dashboard", "Properties": {"DashboardBody": BODY}}}


@pytest.fixture(scope="module")
def cloud():
    with world(STACK, regions=("us-east-1", "eu-west-1")) as found:
        yield found


def code_of(call, **parameters):
    with pytest.raises(ClientError) as refused:
        call(**parameters)
    return refused.value.response["Error"]["Code"]


def test_a_dashboard_is_in_every_region(cloud):
    here, there = (
        cloud.client(cloud.user("alice"), "cloudwatch", region) for region in cloud.deployment.regions
    )
    (stacks,) = here.list_dashboards()["DashboardEntries"]
    there.put_dashboard(DashboardName="second", DashboardBody=BODY)

    assert stacks["DashboardArn"] == f"arn:aws:cloudwatch::123456789012:dashboard/{stacks['DashboardName']}"
    assert here.get_dashboard(DashboardName="second")["DashboardBody"] == BODY
    assert [each["DashboardName"] for each in there.list_dashboards()["DashboardEntries"]] == [
        stacks["DashboardName"],
        "second",
    ]
    here.delete_dashboards(DashboardNames=["second"])
    assert code_of(there.get_dashboard, DashboardName="second") == "ResourceNotFound"


def test_what_of_a_body_is_ignored_is_told(cloud):
    odd = json.dumps({"widgets": [{**NOTE, "colour": "red"}]})
    told = admin(cloud, "cloudwatch").put_dashboard(DashboardName="odd", DashboardBody=odd)

    assert [each["DataPath"] for each in told["DashboardValidationMessages"]] == ["/widgets/0"]


def test_none_is_deleted_where_one_is_not_there(cloud):
    cloudwatch = admin(cloud, "cloudwatch")
    cloudwatch.put_dashboard(DashboardName="kept", DashboardBody=BODY)

    assert code_of(cloudwatch.delete_dashboards, DashboardNames=["kept", "gone"]) == "ResourceNotFound"
    assert cloudwatch.get_dashboard(DashboardName="kept")
