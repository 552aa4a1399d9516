"""Dashboards of an account: put, asked for in any region, deleted with their stack."""

import json

import pytest
from botocore.exceptions import ClientError

from scenarios.cloud.cloudwatch.mends import everywhere
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
    assert here.get_dashboard(DashboardName="second")["DashboardBody"] == BODY.replace(" ", "")
    assert {each["DashboardName"] for each in there.list_dashboards()["DashboardEntries"]} == {
        stacks["DashboardName"],
        "second",
    }
    here.delete_dashboards(DashboardNames=["second"])
    assert code_of(there.get_dashboard, DashboardName="second") == "ResourceNotFound"


def test_what_of_a_body_is_ignored_is_told(cloud):
    odd = json.dumps({"widgets": [{**NOTE, "colour": "red"}]})
    told = admin(cloud, "cloudwatch").put_dashboard(DashboardName="odd", DashboardBody=odd)

    assert [each["DataPath"] for each in told["DashboardValidationMessages"]] == ["/widgets/0"]


def test_of_a_body_its_json_is_kept_without_blanks(cloud):
    cloudwatch = admin(cloud, "cloudwatch")
    cloudwatch.put_dashboard(DashboardName="spaced", DashboardBody=' { "widgets" : [ ] }\n')
    (entry,) = cloudwatch.list_dashboards(DashboardNamePrefix="spaced")["DashboardEntries"]

    assert cloudwatch.get_dashboard(DashboardName="spaced")["DashboardBody"] == '{"widgets":[]}'
    assert entry["Size"] == 51


def test_a_name_that_is_not_there_is_passed_over_and_one_that_is_none_stops_all(cloud):
    cloudwatch = admin(cloud, "cloudwatch")
    cloudwatch.put_dashboard(DashboardName="kept", DashboardBody=BODY)

    with pytest.raises(ClientError, match=r"DashboardNames\[1\] contains invalid characters"):
        cloudwatch.delete_dashboards(DashboardNames=["kept", "a/b"])
    assert cloudwatch.get_dashboard(DashboardName="kept")
    cloudwatch.delete_dashboards(DashboardNames=["kept", "gone", "gone"])
    assert code_of(cloudwatch.get_dashboard, DashboardName="kept") == "ResourceNotFound"


def test_a_hundred_at_most_are_deleted_at_once(cloud):
    names = [f"d{each}" for each in range(101)]

    assert (
        code_of(admin(cloud, "cloudwatch").delete_dashboards, DashboardNames=names) == "InvalidParameterValue"
    )


def test_dashboards_are_listed_by_name_a_thousand_at_once(cloud):
    cloudwatch = admin(cloud, "cloudwatch")
    for each in range(1001, 0, -1):
        everywhere("123456789012").put_dashboard(f"many-{each:04}", BODY)
    pages = list(cloudwatch.get_paginator("list_dashboards").paginate(DashboardNamePrefix="many-"))

    assert [len(each["DashboardEntries"]) for each in pages] == [1000, 1]
    assert pages[0]["DashboardEntries"][0]["DashboardName"] == "many-0001"
    assert code_of(cloudwatch.list_dashboards, NextToken="not-a-token") == "ValidationError"
    assert code_of(cloudwatch.list_dashboards, DashboardNamePrefix="a/") == "InvalidParameterValue"
    assert code_of(cloudwatch.list_dashboards, DashboardNamePrefix="a" * 256) == "InvalidParameterValue"


def test_tags_come_with_a_new_dashboard_and_by_calls_of_their_own(cloud):
    cloudwatch = admin(cloud, "cloudwatch")
    tags = [{"Key": "owned", "Value": "created"}]
    later = [{"Key": "owned", "Value": "updated"}]
    arn = "arn:aws:cloudwatch::123456789012:dashboard/tagged"
    cloudwatch.put_dashboard(DashboardName="tagged", DashboardBody=BODY, Tags=tags)
    cloudwatch.put_dashboard(DashboardName="tagged", DashboardBody=BODY, Tags=later)

    assert cloudwatch.list_tags_for_resource(ResourceARN=arn)["Tags"] == tags
    cloudwatch.tag_resource(ResourceARN=arn, Tags=later)
    assert cloudwatch.list_tags_for_resource(ResourceARN=arn)["Tags"] == later
    cloudwatch.untag_resource(ResourceARN=arn, TagKeys=["owned"])
    assert cloudwatch.list_tags_for_resource(ResourceARN=arn)["Tags"] == []
    assert code_of(cloudwatch.tag_resource, ResourceARN=f"{arn}s", Tags=tags) == "ResourceNotFoundException"
