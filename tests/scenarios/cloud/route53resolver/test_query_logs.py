"""What a VPC's resolver logs, where AWS delivers it, and who may have it so."""

import gzip
import json

import pytest
from botocore.exceptions import ClientError

from scenarios.cloud.kernel.errors import NotSimulated, WorldError
from scenarios.cloud.route53resolver.query_logs import QueryLogs
from scenarios.service_logs import RESOLVER
from tests.scenarios.cloud.small_worlds import admin, queue, world

REGION = "us-east-1"


@pytest.fixture(scope="module")
def cloud():
    with world(queue()) as made:
        ec2 = admin(made, "ec2")
        subnet = ec2.describe_subnets()["Subnets"][0]
        made.vpc = subnet["VpcId"]
        made.address = ec2.create_network_interface(SubnetId=subnet["SubnetId"])["NetworkInterface"][
            "PrivateIpAddress"
        ]
        admin(made, "logs").create_log_group(logGroupName="queries")
        admin(made, "s3").create_bucket(Bucket="queries")
        made.group = f"arn:aws:logs:{REGION}:{made.setting.account}:log-group:queries"
        for destination in (f"{made.group}:*", "arn:aws:s3:::queries/here"):
            config(made, destination)
        yield made


def config(made, destination, who=None):
    client = made.client(who, "route53resolver") if who else admin(made, "route53resolver")
    found = client.create_resolver_query_log_config(
        Name="queries", DestinationArn=destination, CreatorRequestId=destination
    )["ResolverQueryLogConfig"]["Id"]
    client.associate_resolver_query_log_config(ResolverQueryLogConfigId=found, ResourceId=made.vpc)


def logged(made):
    events = admin(made, "logs").filter_log_events(logGroupName="queries")["events"]
    return [RESOLVER.read(each["message"]) for each in events]


@pytest.mark.slow
def test_a_query_is_logged_once_while_it_is_cached(cloud):
    ask = cloud.setting.laws[QueryLogs].ask
    ask(REGION, cloud.address, ["a.example", "A.example", "b.example."], "A")
    cloud.run(30)
    ask(REGION, cloud.address, ["a.example"], "A")
    ask(REGION, cloud.address, ["a.example"], "TXT")
    cloud.run(40)
    ask(REGION, cloud.address, ["a.example"], "A")
    cloud.run(900)

    names = sorted((each["query_name"], each["query_type"]) for each in logged(cloud))
    assert names == [("a.example.", "A"), ("a.example.", "A"), ("a.example.", "TXT"), ("b.example.", "A")]
    assert {(each["srcaddr"], each["vpc_id"]) for each in logged(cloud)} == {(cloud.address, cloud.vpc)}
    keys = [each["Key"] for each in admin(cloud, "s3").list_objects_v2(Bucket="queries")["Contents"]]
    account = cloud.setting.account
    assert keys[0].startswith(f"here/AWSLogs/{account}/vpcdnsquerylogs/{cloud.vpc}/2026/")
    body = gzip.decompress(
        admin(cloud, "s3").get_object(Bucket="queries", Key=keys[0])["Body"].read()
    ).decode()
    assert {RESOLVER.read(line)["query_name"] for line in body.splitlines()} == {"a.example.", "b.example."}


def test_without_the_policy_that_lets_it_in_a_query_is_lost(cloud):
    logs = admin(cloud, "logs")
    policy = logs.describe_resource_policies()["resourcePolicies"][0]
    logs.delete_resource_policy(policyName=policy["policyName"])
    try:
        cloud.setting.laws[QueryLogs].ask(REGION, cloud.address, ["lost.example"], "A")
        cloud.run(300)
    finally:
        logs.put_resource_policy(policyName=policy["policyName"], policyDocument=policy["policyDocument"])

    assert "lost.example." not in [each["query_name"] for each in logged(cloud)]
    assert any(each.kind == "lost" and "1 queries" in each.words for each in cloud.setting.trace)


def test_who_may_not_change_the_destinations_policy_makes_no_configuration(cloud):
    allowed = {"Effect": "Allow", "Action": "route53resolver:*", "Resource": "*"}
    user = cloud.user("nobody", policies=[{"Version": "2012-10-17", "Statement": [allowed]}])

    with pytest.raises(ClientError, match="AccessDenied"):
        config(cloud, cloud.group, user)
    with pytest.raises(ClientError, match="AccessDenied"):
        config(cloud, "arn:aws:s3:::queries", user)


def test_what_is_not_simulated_is_loud(cloud):
    with pytest.raises(NotSimulated, match="firehose"):
        config(cloud, f"arn:aws:firehose:{REGION}:{cloud.setting.account}:deliverystream/x")
    with pytest.raises(WorldError, match="no interface"):
        cloud.setting.laws[QueryLogs].ask(REGION, "198.51.100.7", ["a.example"], "A")


def test_what_is_written_is_json(cloud):
    cloud.setting.laws[QueryLogs].ask(REGION, cloud.address, ['"quoted.example'], "A")
    cloud.run(300)

    events = admin(cloud, "logs").filter_log_events(logGroupName="queries", filterPattern="quoted")["events"]
    assert json.loads(events[0]["message"])["query_name"] == '"quoted.example.'
