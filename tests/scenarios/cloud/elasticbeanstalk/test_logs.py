"""What nginx and the application write on an environment's instance is in its log groups, if it may be."""

import pytest
from botocore.exceptions import ClientError

from scenarios.cloud.kernel.errors import NotSimulated, WorldError
from scenarios.queries.insights import Event, Query
from scenarios.runner.words.environments import BeanstalkEnvironment
from scenarios.runner.words.service_logs import visited
from tests.scenarios.cloud.log_files import asked
from tests.scenarios.cloud.small_worlds import admin, noted, queue, world

SHOP = BeanstalkEnvironment(name="shop")
SINGLE = BeanstalkEnvironment(name="single", balanced=False)
DENIED = BeanstalkEnvironment(name="denied", may_log=False)
CLIENT = "203.0.113.66"
NODE = "64bit Amazon Linux 2023 v6.6.0 running Node.js 22"
STREAM = ("aws:elasticbeanstalk:cloudwatch:logs", "StreamLogs")


@pytest.fixture(scope="module")
def cloud():
    with world(queue()) as made:
        for each in (SHOP, SINGLE, DENIED):
            each.there().do(made)
        with pytest.raises(WorldError, match="no instance of the environment shop runs"):
            visited(SHOP, CLIENT, ["/early"]).do(made)
        made.run(60)
        for each in (SHOP, SINGLE, DENIED):
            visited(each, CLIENT, ["/a?b=c", "/d"], status=502).do(made)
        SHOP.writes(['{"level": "error", "path": "/a"}']).do(made)
        DENIED.writes(["lost"]).do(made)
        made.run(30)
        yield made


def events(cloud, name, path):
    group = f"/aws/elasticbeanstalk/{name}/var/log/{path}"
    return admin(cloud, "logs").filter_log_events(logGroupName=group)["events"]


def tagged(cloud, name):
    """The instance that Elastic Beanstalk launched for an environment."""
    wanted = [{"Name": "tag:elasticbeanstalk:environment-name", "Values": [name]}]
    (found,) = admin(cloud, "ec2").describe_instances(Filters=wanted)["Reservations"]
    return found["Instances"][0]["InstanceId"]


@pytest.mark.slow
@pytest.mark.parametrize(
    ("which", "seen"),
    [(SHOP, ("172.31.0.10", CLIENT)), (SINGLE, (CLIENT, "-"))],
    ids=["behind a load balancer", "a single instance"],
)
def test_sql_reads_what_nginx_writes_in_the_stream_of_the_instance(cloud, which, seen):
    found = events(cloud, which.name, "nginx/access.log")

    assert {each["logStreamName"] for each in found} == {tagged(cloud, which.name)}
    body = "".join(f"{each['message']}\n" for each in found).encode()
    columns = "remote_addr, http_x_forwarded_for, request_verb, request_url, status"
    sql = f"SELECT {columns} FROM beanstalk_nginx_access_logs ORDER BY request_url"
    assert asked(cloud, {"a.log": body}, sql) == [(*seen, "GET", url, "502") for url in ("/a?b=c", "/d")]


def test_the_application_s_lines_and_nginx_s_errors_have_groups_of_their_own(cloud):
    errors = [each["message"] for each in events(cloud, "shop", "nginx/error.log")]
    assert len(errors) == 2
    assert all("connect() failed (111: Connection refused) while connecting to upstream" in e for e in errors)
    (said,) = events(cloud, "shop", "web.stdout.log")
    read = [Event(said["timestamp"], said["message"])]
    query = "parse @message /web\\[\\d+\\]: (?<said>.*)/ | display said"
    assert Query(query).run(read).rows == [{"said": '{"level": "error", "path": "/a"}'}]


def test_groups_are_kept_for_a_week(cloud):
    found = admin(cloud, "logs").describe_log_groups(logGroupNamePrefix="/aws/elasticbeanstalk/shop/")
    assert {each["retentionInDays"] for each in found["logGroups"]} == {7}


def test_what_its_role_may_not_log_is_not_delivered_and_told(cloud):
    for path in ("nginx/access.log", "nginx/error.log", "web.stdout.log"):
        assert not events(cloud, "denied", path)
    instance = tagged(cloud, "denied")
    assert any(instance in each and "may not logs:" in each for each in noted(cloud, "refused"))


def test_without_an_instance_profile_nothing_is_streamed(cloud):
    make(cloud, "nobody", {STREAM: "true"})
    cloud.run(60)

    assert any("nobody has no instance profile" in each for each in noted(cloud, "refused"))


def make(cloud, name, options, stack=NODE, **more):
    settings = [
        {"Namespace": namespace, "OptionName": option, "Value": value}
        for (namespace, option), value in options.items()
    ]
    made = admin(cloud, "elasticbeanstalk").create_environment(
        ApplicationName="shop",
        EnvironmentName=name,
        SolutionStackName=stack,
        OptionSettings=settings,
        **more,
    )
    assert made["EnvironmentId"].startswith("e-")


@pytest.mark.parametrize(
    ("options", "more", "why"),
    [
        (
            {("aws:elasticbeanstalk:hostmanager", "LogPublicationControl"): "true"},
            {},
            "LogPublicationControl",
        ),
        ({("aws:autoscaling:asg", "MinSize"): "4"}, {}, "MinSize"),
        ({STREAM: "true"}, {"stack": "64bit Amazon Linux 2023 v4.6.0 running Docker"}, "running Docker"),
        ({}, {"TemplateName": "saved"}, "saved configuration"),
    ],
)
def test_what_it_would_write_elsewhere_is_loud(cloud, options, more, why):
    with pytest.raises(NotSimulated, match=why):
        make(cloud, "other", options, **more)


def test_the_environment_s_own_tags_are_on_its_instance(cloud):
    make(cloud, "owned", {}, Tags=[{"Key": "team", "Value": "web"}])

    wanted = [{"Name": "resource-id", "Values": [tagged(cloud, "owned")]}]
    tags = admin(cloud, "ec2").describe_tags(Filters=wanted)["Tags"]
    assert {each["Key"]: each["Value"] for each in tags if each["Key"] in ("team", "Name")} == {
        "team": "web",
        "Name": "owned",
    }


@pytest.mark.parametrize(
    ("option", "value"),
    [
        (("aws:elasticbeanstalk:cloudwatch:logs", "RetentionInDays"), "2"),
        (("aws:elasticbeanstalk:cloudwatch:logs", "RetentionInDays"), "1096"),
        (("aws:elasticbeanstalk:environment", "EnvironmentType"), "Balanced"),
        (STREAM, "yes"),
        (("aws:autoscaling:launchconfiguration", "IamInstanceProfile"), "2"),
    ],
    ids=["days", "days that log groups alone know", "kind", "streams", "profile"],
)
def test_a_value_that_can_not_be_is_refused(cloud, option, value):
    with pytest.raises(ClientError, match=option[1]):
        make(cloud, "other", {option: value})


def test_what_a_web_acl_blocks_reaches_no_instance(cloud):
    with pytest.raises(WorldError, match="web ACL"):
        visited(SHOP, CLIENT, ["/"], blocked_by="SQLi").do(cloud)
