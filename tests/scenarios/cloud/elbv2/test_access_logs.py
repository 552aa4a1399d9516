"""A load balancer's requests are in files of five minutes, in a bucket that lets them in."""

import re

import pytest
from botocore.exceptions import ClientError

from scenarios.cloud.elbv2.access_logs import AccessLogs
from scenarios.cloud.kernel.errors import NotSimulated, WorldError
from scenarios.runner.words.buckets import log_bucket
from scenarios.runner.words.service_logs import LoadBalancer, visited
from scenarios.service_logs import ALB, NLB
from scenarios.service_logs.visits import Visit
from tests.scenarios.cloud.log_files import files, lets_in
from tests.scenarios.cloud.small_worlds import ACCOUNT, HOME, admin, lets, queue, world

FOLDER = f"AWSLogs/{ACCOUNT}"
PRINCIPALS = {
    "bucket": {"Service": "logdelivery.elasticloadbalancing.amazonaws.com"},
    "by-account": {"AWS": "arn:aws:iam::127311923021:root"},
    "another": {"AWS": "arn:aws:iam::033677994240:root"},
    "elsewhere": {"Service": "delivery.logs.amazonaws.com"},
    "with-a-key": {"Service": "logdelivery.elasticloadbalancing.amazonaws.com"},
}
BY_KEY = {"Rules": [{"ApplyServerSideEncryptionByDefault": {"SSEAlgorithm": "aws:kms"}}]}

NETWORK = LoadBalancer(name="front", bucket="of-network", kind="network")


@pytest.fixture(scope="module")
def cloud():
    with world(queue()) as made:
        s3 = admin(made, "s3")
        for name, principal in PRINCIPALS.items():
            s3.create_bucket(Bucket=name)
            on = f"arn:aws:s3:::{name}/*"
            lets_in(s3, name, {**lets("", "s3:PutObject", resource=on), "Principal": principal})
        s3.create_bucket(Bucket="closed")
        s3.put_bucket_encryption(Bucket="with-a-key", ServerSideEncryptionConfiguration=BY_KEY)
        with made.calls.muted():
            LoadBalancer(name="shop", bucket="bucket", prefix="web").there().do(made)
            log_bucket("of-network", "delivery.logs").do(made)
            NETWORK.there().do(made)
        found = admin(made, "elbv2").describe_load_balancers()["LoadBalancers"]
        balancer = next(each for each in found if each["Type"] == "application")
        made.balancer = balancer["LoadBalancerArn"]
        yield made


def switch_on(cloud, bucket, prefix="", **more):
    given = {"enabled": "true", "bucket": bucket, "prefix": prefix}
    attributes = [{"Key": f"access_logs.s3.{key}", "Value": value} for key, value in given.items()]
    attributes += [{"Key": key.replace("_s3", ".s3"), "Value": value} for key, value in more.items()]
    admin(cloud, "elbv2").modify_load_balancer_attributes(
        LoadBalancerArn=cloud.balancer, Attributes=attributes
    )


@pytest.mark.slow
def test_what_a_client_asks_for_is_in_the_file_of_its_five_minutes(cloud):
    visited(LoadBalancer(name="shop", bucket="bucket"), "203.0.113.66", ["/a?b=c", "/d"], status=404).do(
        cloud
    )
    visited(LoadBalancer(name="shop", bucket="bucket"), "203.0.113.9", ["/e"], blocked_by="SQLi").do(cloud)
    before = cloud.clock.now
    cloud.run(400)

    (key,) = files(cloud, "bucket")
    folder, _, name = key.rpartition("/")
    assert folder == f"web/{FOLDER}/elasticloadbalancing/{HOME}/{before:%Y/%m/%d}"
    start = f"{ACCOUNT}_elasticloadbalancing_{HOME}_app.shop."
    assert name.startswith(start)
    assert f"_{before:%Y%m%dT%H}05Z_" in name
    lines = [ALB.read(line) for line in files(cloud, "bucket")[key].splitlines()]
    said = [(each["client:port"], each["request"], each["elb_status_code"]) for each in lines]
    assert said == [
        ("203.0.113.66:40001", "GET https://shop.example:443/a?b=c HTTP/1.1", "404"),
        ("203.0.113.66:40001", "GET https://shop.example:443/d HTTP/1.1", "404"),
        ("203.0.113.9:40001", "GET https://shop.example:443/e HTTP/1.1", "403"),
    ]
    assert (lines[2]["actions_executed"], lines[2]["target:port"]) == ("waf", None)


def test_a_network_load_balancer_logs_connections_to_its_tls_listener(cloud):
    visited(NETWORK, "203.0.113.66", ["/secret"]).do(cloud)
    cloud.run(400)

    logged = {key: text for key, text in files(cloud, "of-network").items() if key.endswith(".gz")}
    ((key, text),) = logged.items()
    assert re.search(
        rf"/{ACCOUNT}_elasticloadbalancing_{HOME}_net\.front\.\w+_\d{{8}}T\d{{4}}Z_\w{{8}}\.log\.gz$", key
    )
    said = NLB.read(text.splitlines()[0])
    assert (said["client:port"], said["domain_name"]) == ("203.0.113.66:40001", "shop.example")
    assert ":certificate/" in said["chosen_cert_arn"]
    assert "secret" not in text


def test_without_a_tls_listener_a_network_load_balancer_logs_nothing(cloud):
    elb, before = admin(cloud, "elbv2"), files(cloud, "of-network")
    arn = elb.describe_load_balancers(Names=["front"])["LoadBalancers"][0]["LoadBalancerArn"]
    for each in elb.describe_listeners(LoadBalancerArn=arn)["Listeners"]:
        elb.delete_listener(ListenerArn=each["ListenerArn"])
    visited(NETWORK, "203.0.113.66", ["/"]).do(cloud)
    cloud.run(400)

    assert files(cloud, "of-network") == before


def test_no_web_acl_stands_before_a_network_load_balancer(cloud):
    with cloud.calls.muted():
        LoadBalancer(name="front-2", bucket="of-network", kind="network").there().do(cloud)
    with pytest.raises(WorldError, match="no web ACL"):
        visited(LoadBalancer(name="front-2", bucket=""), "203.0.113.66", ["/"], blocked_by="SQLi").do(cloud)


@pytest.mark.parametrize("bucket", ["bucket", "by-account"])
def test_switching_them_on_leaves_a_test_file(cloud, bucket):
    switch_on(cloud, bucket, "try/")

    assert f"try/{FOLDER}/ELBAccessLogTestFile" in files(cloud, bucket)


@pytest.mark.parametrize("bucket", ["closed", "nowhere", "another", "elsewhere", "with-a-key"])
def test_a_bucket_that_lets_it_not_write_is_refused(cloud, bucket):
    with pytest.raises(ClientError, match=f"Access Denied for bucket: {bucket}. Please check") as caught:
        switch_on(cloud, bucket)

    assert caught.value.response["Error"]["Code"] == "InvalidConfigurationRequest"


def test_a_prefix_with_aws_own_folder_is_refused(cloud):
    with pytest.raises(ClientError, match="must not include AWSLogs"):
        switch_on(cloud, "bucket", "AWSLogs/web")


def test_connection_logs_are_loud(cloud):
    with pytest.raises(NotSimulated, match="but access logs"):
        switch_on(cloud, "bucket", connection_logs_s3="", **{"connection_logs_s3.enabled": "true"})


def test_a_balancer_that_is_not_there_is_an_error_of_the_scenario(cloud):
    with pytest.raises(WorldError, match="no load balancer none"):
        cloud.setting.laws[AccessLogs].asked(HOME, "none", [Visit(at=cloud.clock.now, client="", path="/")])
