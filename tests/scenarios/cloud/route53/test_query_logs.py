"""What resolvers ask a public hosted zone is in CloudWatch Logs of us-east-1, where that lets Route 53 in."""

import json

import pytest
from botocore.exceptions import ClientError

from scenarios.cloud.kernel.errors import WorldError
from scenarios.queries.insights import Event, Query
from scenarios.runner.words.network import Zone, resolves
from tests.scenarios.cloud.log_files import asked
from tests.scenarios.cloud.small_worlds import ACCOUNT, admin, document, lets, queue, world

GROUP = "/aws/route53/example.com"
ZONE = Zone(name="example.com", names=("www.example.com", "*.apps.example.com"), group=GROUP, ttl=60)
RESOLVER = "192.0.2.53"


@pytest.fixture(scope="module")
def cloud():
    with world(queue(), regions=("eu-west-1",)) as made:
        ZONE.there().do(made)
        yield made


def logged(cloud):
    return admin(cloud, "logs", "us-east-1").filter_log_events(logGroupName=GROUP)["events"]


@pytest.mark.slow
def test_what_no_resolver_has_in_its_cache_is_logged_and_read(cloud):
    names = ["www.example.com", "WWW.example.com.", "a.apps.example.com", "none.example.com"]
    resolves(RESOLVER, names, subnet="198.51.100.0/24").do(cloud)
    cloud.run(50)
    resolves(RESOLVER, ["www.example.com", "none.example.com"]).do(cloud)
    resolves("192.0.2.54", ["www.example.com"]).do(cloud)
    cloud.run(20)
    resolves(RESOLVER, ["www.example.com", "none.example.com"]).do(cloud)
    cloud.run(300)

    events = logged(cloud)
    (stream,) = {each["logStreamName"] for each in events}
    zone = admin(cloud, "route53").list_hosted_zones()["HostedZones"][0]["Id"].rpartition("/")[2]
    assert stream == f"{zone}/FRA6"
    found = [Event(each["timestamp"], each["message"]) for each in events]
    text = "stats count(*) as queries by queryName, responseCode | sort queryName"
    rows = [tuple(each.values()) for each in Query(text).run(found).rows]
    assert rows == [
        ("a.apps.example.com", "NOERROR", "1"),
        ("none.example.com", "NXDOMAIN", "1"),
        ("www.example.com", "NOERROR", "3"),
    ]
    lines = "".join(f"{each['message']}\n" for each in events).encode()
    sql = "SELECT DISTINCT edns_client_subnet FROM route53_query_logs WHERE query_name = 'a.apps.example.com'"
    assert asked(cloud, {"a.log": lines}, sql) == [("198.51.100.0/24",)]


def test_a_name_of_no_zone_is_an_error_of_the_scenario(cloud):
    with pytest.raises(WorldError, match="no public hosted zone"):
        resolves(RESOLVER, ["www.notexample.com"]).do(cloud)


def configured(cloud, group, zone="example.org", **more):
    route53 = admin(cloud, "route53")
    made = route53.create_hosted_zone(Name=zone, CallerReference=f"{zone}{group}", **more)["HostedZone"]["Id"]
    try:
        route53.create_query_logging_config(HostedZoneId=made, CloudWatchLogsLogGroupArn=group)
    finally:
        for each in route53.list_query_logging_configs()["QueryLoggingConfigs"]:
            if each["HostedZoneId"] in made:
                route53.delete_query_logging_config(Id=each["Id"])
        route53.delete_hosted_zone(Id=made)


def group(name, region="us-east-1"):
    return f"arn:aws:logs:{region}:{ACCOUNT}:log-group:{name}"


@pytest.mark.parametrize(
    ("policy", "code"),
    [
        (None, "InsufficientCloudWatchLogsResourcePolicy"),
        (lets("delivery.logs", "logs:*"), "InsufficientCloudWatchLogsResourcePolicy"),
        (lets("route53", "logs:PutLogEvents"), "InsufficientCloudWatchLogsResourcePolicy"),
        (lets("route53", "logs:CreateLogStream", "logs:PutLogEvents", resource=f"{group('zones')}:*"), ""),
    ],
    ids=["no policy", "another service", "one action", "both actions"],
)
def test_a_group_that_lets_route_53_not_write_is_refused(cloud, policy, code):
    logs = admin(cloud, "logs", "us-east-1")
    logs.create_log_group(logGroupName="zones")
    try:
        if policy:
            logs.put_resource_policy(policyName="zones", policyDocument=json.dumps(document(policy)))
        if code:
            with pytest.raises(ClientError, match=code):
                configured(cloud, group("zones"))
        else:
            configured(cloud, group("zones"))
    finally:
        if policy:
            logs.delete_resource_policy(policyName="zones")
        logs.delete_log_group(logGroupName="zones")


def test_a_private_zone_or_a_group_elsewhere_is_refused(cloud):
    vpc = {"VPC": {"VPCRegion": "eu-west-1", "VPCId": "vpc-1"}, "HostedZoneConfig": {"PrivateZone": True}}
    with pytest.raises(ClientError, match="public hosted zones"):
        configured(cloud, group(GROUP), **vpc)
    with pytest.raises(ClientError, match="ARN"):
        configured(cloud, group(GROUP, "eu-west-1"))


def test_without_the_policy_that_lets_it_in_queries_are_lost(cloud):
    admin(cloud, "logs", "us-east-1").delete_resource_policy(policyName="route53-example.com")
    resolves("192.0.2.55", ["lost.example.com"]).do(cloud)
    cloud.run(300)

    assert any(each.kind == "lost" and "1 queries" in each.words for each in cloud.setting.trace)
