"""A Classic Load Balancer's requests are in files of 5 or 60 minutes, in a bucket that lets them in."""

import re

import pytest
from botocore.exceptions import ClientError

from scenarios.cloud.kernel.errors import WorldError
from scenarios.runner.words.buckets import log_bucket
from scenarios.runner.words.service_logs import ClassicLoadBalancer, visited
from tests.scenarios.cloud.log_files import asked, delivered, files
from tests.scenarios.cloud.small_worlds import ACCOUNT, HOME, admin, queue, world

SHOP = ClassicLoadBalancer(name="shop", bucket="bucket", prefix="web", minutes=5)
HOURLY = ClassicLoadBalancer(name="hourly", bucket="hourly", protocol="HTTPS")
RAW = ClassicLoadBalancer(name="raw", bucket="raw", protocol="SSL", minutes=5)


@pytest.fixture(scope="module")
def cloud():
    with world(queue()) as made:
        with made.calls.muted():
            for each in (SHOP, HOURLY, RAW):
                log_bucket(each.bucket, "logdelivery.elasticloadbalancing").do(made)
                each.there().do(made)
        admin(made, "s3").create_bucket(Bucket="closed")
        yield made


def switch_on(cloud, bucket, **more):
    wanted = {"Enabled": True, "S3BucketName": bucket, **more}
    admin(cloud, "elb").modify_load_balancer_attributes(
        LoadBalancerName="shop", LoadBalancerAttributes={"AccessLog": wanted}
    )


def logs(found):
    return {key: body for key, body in found.items() if key.endswith(".log")}


@pytest.mark.slow
def test_sql_reads_requests_in_the_file_of_their_five_minutes_or_of_their_hour(cloud):
    before = cloud.clock.now
    for each in (SHOP, HOURLY, RAW):
        visited(each, "203.0.113.66", ["/a?b=c"], status=404).do(cloud)
    cloud.run(600)

    ((key, _),) = logs(delivered(cloud, "bucket")).items()
    folder, _, name = key.rpartition("/")
    assert folder == f"web/AWSLogs/{ACCOUNT}/elasticloadbalancing/{HOME}/{before:%Y/%m/%d}"
    stem = rf"{ACCOUNT}_elasticloadbalancing_{HOME}_shop_{before:%Y%m%dT%H}05Z_192\.0\.2\.10_\w{{8}}\.log"
    assert re.fullmatch(stem, name)
    assert not logs(delivered(cloud, "hourly"))
    cloud.run(3600 + 900 - 600)
    ((key, _),) = logs(delivered(cloud, "hourly")).items()
    assert f"_hourly_{before:%Y%m%dT}{before.hour + 1:02}00Z_" in key

    columns = "request_ip, request_verb, request_url, elb_status_code, ssl_protocol"

    def said(bucket):
        return asked(cloud, logs(delivered(cloud, bucket)), f"SELECT {columns} FROM elb_logs")

    client = "203.0.113.66"
    assert said("bucket") == [(client, "GET", "http://shop.example:80/a?b=c", "404", "-")]
    assert said("hourly") == [(client, "GET", "https://shop.example:443/a?b=c", "404", "TLSv1.2")]
    assert said("raw") == [(client, "-", "- -", "-", "TLSv1.2")]


def test_switching_them_on_leaves_a_test_file(cloud):
    switch_on(cloud, "hourly", S3BucketPrefix="try/")
    switch_on(cloud, "bucket", S3BucketPrefix="web", EmitInterval=5)

    assert f"try/AWSLogs/{ACCOUNT}/ELBAccessLogTestFile" in files(cloud, "hourly")


def test_a_bucket_that_lets_it_not_write_is_refused(cloud):
    with pytest.raises(ClientError, match="Access Denied for bucket: closed") as caught:
        switch_on(cloud, "closed")

    assert caught.value.response["Error"]["Code"] == "InvalidConfigurationRequest"


def test_another_interval_is_refused(cloud):
    with pytest.raises(ClientError, match="5 or 60"):
        switch_on(cloud, "bucket", EmitInterval=10)


def test_without_the_policy_that_lets_it_in_lines_are_lost(cloud):
    admin(cloud, "s3").delete_bucket_policy(Bucket="raw")
    visited(RAW, "203.0.113.66", ["/lost"]).do(cloud)
    cloud.run(600)

    assert any(each.kind == "lost" and "1 lines" in each.words for each in cloud.setting.trace)


@pytest.mark.parametrize(
    ("front", "rule", "why"),
    [(SHOP, "SQLi", "no web ACL"), (ClassicLoadBalancer(name="none", bucket=""), "", "no Classic Load")],
)
def test_what_could_not_be_is_an_error_of_the_scenario(cloud, front, rule, why):
    with pytest.raises(WorldError, match=why):
        visited(front, "203.0.113.66", ["/"], blocked_by=rule).do(cloud)
