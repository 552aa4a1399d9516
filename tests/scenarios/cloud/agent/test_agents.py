"""The agent on instances: who gets one, what it measures and tails, and what it may not do."""

from datetime import timedelta

import pytest

from scenarios.cloud.kernel.errors import NotSimulated
from tests.scenarios.cloud.agent.host_worlds import (
    EVERYTHING,
    MANAGED,
    READS,
    TAILED,
    WRITES,
    agent,
    configuration,
    launch,
    let,
    tailed,
)
from tests.scenarios.cloud.small_worlds import admin, may, noted, world

SECURE = "/var/log/secure"
TAILS = configuration(TAILED)
STARTED = 100  # Systems Manager needs some ninety seconds to get there


def write(cloud, machine, *lines, path=SECURE, at=None):
    """Lines that begin with their time, as syslog writes them."""
    moment = at or cloud.clock.now
    for line in lines:
        cloud.instances.write(machine, path, f"{moment:%b} {moment.day:2d} {moment:%H:%M:%S} {line}")


def words(message):
    """A message without its time."""
    return message[16:]


def messages(cloud, group="secure"):
    return [words(message) for _, _, message in tailed(cloud, group)]


# ---- who gets one -------------------------------------------------------------------------------


@pytest.mark.slow
@pytest.mark.parametrize(
    ("resources", "tags", "runs"),
    [
        pytest.param(agent(TAILS), [{"Key": "Watched", "Value": "yes"}], True, id="the tag"),
        pytest.param(agent(TAILS), [{"Key": "Watched", "Value": "no"}], False, id="another value"),
        pytest.param(agent(TAILS), [], False, id="no tag"),
        pytest.param(
            agent(TAILS, installed=False), [{"Key": "Watched", "Value": "yes"}], False, id="never installed"
        ),
    ],
)
def test_an_instance_gets_the_agent_whose_tags_the_association_names(resources, tags, runs):
    with world(resources) as cloud:
        launch(cloud, *EVERYTHING, tags=tags, seconds=STARTED)

        assert len(noted(cloud, "agent")) == runs


@pytest.mark.parametrize(
    ("statements", "words"),
    [
        pytest.param((), "can't manage", id="no role"),
        pytest.param((READS, WRITES), "may not ssm:UpdateInstanceInformation", id="not managed"),
        pytest.param((MANAGED, WRITES), "may not ssm:GetParameter", id="may not read its configuration"),
        pytest.param(
            (MANAGED, may("ssm:GetParameter", "arn:aws:ssm:*:*:parameter/other"), WRITES),
            "may not ssm:GetParameter",
            id="may read another",
        ),
    ],
)
def test_without_the_permission_there_is_no_agent_and_that_is_told(statements, words):
    with world(agent(TAILS)) as cloud:
        launch(cloud, *statements, seconds=STARTED + 100)

        assert noted(cloud, "agent") == []
        assert any(words in told for told in noted(cloud, "refused"))


@pytest.mark.parametrize(
    ("said", "words"),
    [
        pytest.param("{", "does not start: the configuration is no JSON", id="no JSON"),
        pytest.param(
            configuration({"log_group_name": "g"}), r"collect_list[0] has no file_path", id="no path"
        ),
    ],
)
def test_a_configuration_that_the_agent_refuses_is_told(said, words):
    with world(agent(said)) as cloud:
        launch(cloud, *EVERYTHING, seconds=STARTED)

        (told,) = noted(cloud, "refused")
        assert words in told


@pytest.mark.slow
def test_a_configuration_that_is_gone_is_told():
    with world(agent(TAILS)) as cloud:
        with cloud.calls.muted():
            admin(cloud, "ssm").delete_parameter(Name="AmazonCloudWatch-tw")
        launch(cloud, *EVERYTHING, seconds=STARTED)

        (told,) = noted(cloud, "refused")
        assert "there is no parameter AmazonCloudWatch-tw" in told


def test_an_agent_started_in_another_way_is_not_simulated():
    resources = agent(TAILS)
    resources["Started"]["Properties"]["Parameters"]["action"] = ["stop"]
    with world(resources) as cloud, pytest.raises(NotSimulated, match="ManageAgent"):
        launch(cloud, *EVERYTHING, seconds=STARTED)


# ---- files --------------------------------------------------------------------------------------


@pytest.mark.slow
def test_a_line_leaves_once_it_is_complete_and_has_waited_with_the_time_that_it_says():
    with world(agent(TAILS)) as cloud:
        machine = launch(cloud, *EVERYTHING, seconds=STARTED)
        write(cloud, machine, "one", "two")
        cloud.run(6)  # "one" is complete when "two" begins, and waits for five seconds
        first = messages(cloud)
        write(cloud, machine, "three")
        cloud.run(11)  # "three" is complete after five seconds

        assert first == ["one"]
        assert [(stream, second, words(message)) for stream, second, message in tailed(cloud)] == [
            (machine.instance, 100, "one"),
            (machine.instance, 100, "two"),
            (machine.instance, 106, "three"),
        ]


def test_the_flush_interval_is_the_configurations():
    said = configuration(TAILED)
    said["logs"]["force_flush_interval"] = 60
    with world(agent(said)) as cloud:
        machine = launch(cloud, *EVERYTHING, seconds=STARTED)
        write(cloud, machine, "one")
        cloud.run(64)
        before = messages(cloud)
        cloud.run(3)

        assert (before, messages(cloud)) == ([], ["one"])


def test_without_a_timestamp_format_a_lines_time_is_when_it_arrived():
    said = configuration({name: value for name, value in TAILED.items() if name != "timestamp_format"})
    with world(agent(said)) as cloud:
        machine = launch(cloud, *EVERYTHING, seconds=50)
        write(cloud, machine, "early")
        cloud.run(60)

        ((_, second, _),) = tailed(cloud)
        assert second == 96  # the agent began at 90, looked for files at 91, and waited five seconds


def test_what_was_written_before_the_agent_began_is_sent_too():
    with world(agent(TAILS)) as cloud:
        machine = launch(cloud, *EVERYTHING, seconds=10)
        write(cloud, machine, "early")
        cloud.run(120)

        ((stream, second, message),) = tailed(cloud)
        assert (stream, second, words(message)) == (machine.instance, 10, "early")


@pytest.mark.slow
def test_after_a_restart_the_agent_goes_on_where_it_was():
    with world(agent(TAILS)) as cloud:
        machine = launch(cloud, *EVERYTHING, seconds=STARTED)
        write(cloud, machine, "before")
        cloud.run(11)
        admin(cloud, "ec2").reboot_instances(InstanceIds=[machine.instance])
        write(cloud, machine, "between")
        cloud.run(60)
        meanwhile = messages(cloud)
        cloud.run(60)

        assert (meanwhile, messages(cloud)) == (["before"], ["before", "between"])


@pytest.mark.slow
def test_a_stopped_instance_sends_nothing():
    with world(agent(TAILS)) as cloud:
        machine = launch(cloud, *EVERYTHING, seconds=STARTED)
        admin(cloud, "ec2").stop_instances(InstanceIds=[machine.instance])
        write(cloud, machine, "unheard")
        cloud.run(300)

        assert messages(cloud) == []


@pytest.mark.slow
@pytest.mark.parametrize(
    ("stream", "expected"),
    [
        pytest.param("{instance_id}", "{0.instance}", id="instance"),
        pytest.param("host-{hostname}", "host-{1[hostname]}", id="host name"),
        pytest.param("{local_hostname}", "{1[local_hostname]}", id="local host name"),
        pytest.param("{ip_address}/secure", "{1[ip_address]}/secure", id="address"),
        pytest.param("{account_id}.{aws_region}", "123456789012.us-east-1", id="account and region"),
        pytest.param("{date}", "2026-03-02", id="the day on which the agent started"),
        pytest.param("{role}", "{{role}}", id="what is no placeholder"),
        pytest.param("fixed", "fixed", id="none"),
    ],
)
def test_placeholders_are_filled_in(stream, expected):
    with world(agent(configuration(TAILED | {"log_stream_name": stream}))) as cloud:
        machine = launch(cloud, *EVERYTHING, seconds=STARTED)
        write(cloud, machine, "hello")
        cloud.run(11)

        names = cloud.instances.host_names(machine)
        assert names["ip_address"].count(".") == 3
        assert tailed(cloud)[0][0] == expected.format(machine, names)


@pytest.mark.slow
def test_a_group_that_is_not_there_is_made_and_kept_as_long_as_is_said():
    with world(agent(configuration(TAILED | {"retention_in_days": 30}))) as cloud:
        machine = launch(cloud, *EVERYTHING, seconds=STARTED)
        write(cloud, machine, "hello")
        cloud.run(11)

        (group,) = admin(cloud, "logs").describe_log_groups(logGroupNamePrefix="secure")["logGroups"]
        assert group["retentionInDays"] == 30


@pytest.mark.slow
@pytest.mark.parametrize(
    ("statement", "action"),
    [
        pytest.param(may(["logs:CreateLogStream", "logs:PutLogEvents"]), "logs:CreateLogGroup", id="group"),
        pytest.param(may(["logs:CreateLogGroup", "logs:PutLogEvents"]), "logs:CreateLogStream", id="stream"),
        pytest.param(may(["logs:CreateLogGroup", "logs:CreateLogStream"]), "logs:PutLogEvents", id="lines"),
    ],
)
def test_what_the_role_may_not_write_stays_on_the_host_and_is_told_once(statement, action):
    with world(agent(TAILS)) as cloud:
        machine = launch(cloud, MANAGED, READS, statement, seconds=STARTED)
        write(cloud, machine, "one")
        cloud.run(10)
        write(cloud, machine, "two")
        cloud.run(10)

        assert messages(cloud) == []
        assert noted(cloud, "refused") == [f"the agent of {machine.instance} may not {action}"]


@pytest.mark.slow
def test_what_was_kept_back_is_sent_when_the_role_may():
    with world(agent(TAILS)) as cloud:
        machine = launch(cloud, MANAGED, READS, seconds=STARTED)
        write(cloud, machine, "one")
        cloud.run(11)
        before = messages(cloud)
        let(cloud, "logs:*")
        cloud.run(10)

        assert (before, messages(cloud)) == ([], ["one"])


@pytest.mark.slow
def test_lines_of_many_days_are_sent_in_batches_that_logs_takes():
    said = configuration(TAILED)
    said["logs"]["force_flush_interval"] = 3600
    with world(agent(said)) as cloud:
        machine = launch(cloud, MANAGED, READS, seconds=STARTED)
        for day in range(3):
            write(cloud, machine, f"day {day}")
            cloud.run(40 * 3600)
        let(cloud, "logs:*")
        cloud.run(3600)

        assert messages(cloud) == ["day 0", "day 1", "day 2"]


@pytest.mark.slow
@pytest.mark.parametrize(
    ("apart", "taken"),
    [
        pytest.param(timedelta(days=-14, hours=-1), False, id="too old"),
        pytest.param(timedelta(days=-13, hours=-23), True, id="just young enough"),
        pytest.param(timedelta(hours=1, minutes=59), True, id="just old enough"),
        pytest.param(timedelta(hours=2, minutes=1), False, id="too new"),
    ],
)
def test_one_line_that_logs_does_not_take_is_told_and_the_others_arrive(apart, taken):
    with world(agent(TAILS)) as cloud:
        machine = launch(cloud, *EVERYTHING, seconds=STARTED)
        write(cloud, machine, "by another clock", at=cloud.clock.now + apart)
        write(cloud, machine, "now")
        cloud.run(10)
        write(cloud, machine, "later")
        cloud.run(11)

        assert set(messages(cloud)) == {"now", "later"} | ({"by another clock"} if taken else set())
        assert len(noted(cloud, "lost")) == (not taken)


@pytest.mark.slow
def test_an_instance_that_is_started_again_sends_on_from_where_it_was():
    with world(agent(TAILS)) as cloud:
        machine = launch(cloud, *EVERYTHING, seconds=STARTED)
        write(cloud, machine, "before")
        cloud.run(11)
        admin(cloud, "ec2").stop_instances(InstanceIds=[machine.instance])
        cloud.run(120)
        admin(cloud, "ec2").start_instances(InstanceIds=[machine.instance])
        cloud.run(60)
        write(cloud, machine, "after")
        cloud.run(120)

        assert messages(cloud) == ["before", "after"]


@pytest.mark.slow
def test_a_group_that_is_there_is_kept_as_long_as_is_said_if_the_role_may_look():
    said = configuration(TAILED | {"retention_in_days": 30})
    with world(
        agent(said) | {"Group": {"Type": "AWS::Logs::LogGroup", "Properties": {"LogGroupName": "secure"}}}
    ) as cloud:
        machine = launch(cloud, *EVERYTHING, seconds=STARTED)
        write(cloud, machine, "hello")
        cloud.run(11)
        refused = noted(cloud, "refused")
        let(cloud, "logs:DescribeLogGroups")
        write(cloud, machine, "again")
        cloud.run(11)

        (group,) = admin(cloud, "logs").describe_log_groups(logGroupNamePrefix="secure")["logGroups"]
        assert refused == [f"the agent of {machine.instance} may not logs:DescribeLogGroups"]
        assert group["retentionInDays"] == 30


@pytest.mark.slow
def test_a_group_that_logs_would_not_name_so_is_told():
    with world(agent(configuration(TAILED | {"log_group_name": "my group"}))) as cloud:
        machine = launch(cloud, *EVERYTHING, seconds=STARTED)
        write(cloud, machine, "hello")
        cloud.run(30)

        (told,) = noted(cloud, "refused")
        assert told.endswith("can't create the log group my group: Logs allows no such name")


# ---- what an event says -------------------------------------------------------------------------


@pytest.mark.slow
def test_an_event_without_a_time_takes_that_of_the_last_one_that_had_one():
    with world(agent(TAILS)) as cloud:
        machine = launch(cloud, *EVERYTHING, seconds=STARTED)
        cloud.instances.write(machine, SECURE, "before any")
        write(cloud, machine, "with a time", at=cloud.clock.now - timedelta(seconds=50))
        cloud.instances.write(machine, SECURE, "after it")
        cloud.run(20)

        found = [(second, message[-10:]) for _, second, message in tailed(cloud)]
        assert found == [(50, "ith a time"), (50, "after it"), (101, "before any")]


@pytest.mark.slow
def test_filters_and_trimming_leave_what_is_to_be_sent():
    more = {
        "trim_timestamp": True,
        "filters": [
            {"type": "include", "expression": "^sshd"},
            {"type": "exclude", "expression": "CRON|noise"},
        ],
    }
    with world(agent(configuration(TAILED | more))) as cloud:
        machine = launch(cloud, *EVERYTHING, seconds=STARTED)
        write(cloud, machine, "sshd one", "sudo two", "sshd noise", "sshd three")
        cloud.run(11)

        assert [message for _, _, message in tailed(cloud)] == ["sshd one", "sshd three"]


@pytest.mark.slow
def test_several_files_go_to_their_own_groups():
    secure, shop = (
        TAILED,
        {"file_path": "/srv/shop/*.log", "log_group_name": "shop", "timestamp_format": "%b %d %H:%M:%S"},
    )
    with world(agent(configuration(secure, shop | {"publish_multi_logs": True}))) as cloud:
        machine = launch(cloud, *EVERYTHING, seconds=STARTED)
        write(cloud, machine, "a login")
        write(cloud, machine, "an order", path="/srv/shop/orders.log")
        write(cloud, machine, "a payment", path="/srv/shop/pay.log")
        cloud.run(12)

        assert messages(cloud) == ["a login"]
        assert sorted((stream, words(message)) for stream, _, message in tailed(cloud, "shop")) == [
            (f"{machine.instance}__srv_shop_orders.log", "an order"),
            (f"{machine.instance}__srv_shop_pay.log", "a payment"),
        ]


@pytest.mark.slow
def test_an_agent_for_another_region_is_not_simulated():
    said = TAILS | {"agent": {"region": "eu-west-1"}}
    with world(agent(said)) as cloud, pytest.raises(NotSimulated, match="sends to eu-west-1"):
        launch(cloud, *EVERYTHING, seconds=STARTED)
