"""The agent on instances: who gets one, what it measures and tails, and what it may not do."""

from datetime import timedelta

import pytest

from scenarios.cloud.kernel.errors import NotSimulated
from tests.scenarios.cloud.agent.host_worlds import (
    EVERYTHING,
    MANAGED,
    MEASURES,
    READS,
    TAILED,
    WRITES,
    agent,
    configuration,
    launch,
    let,
    measured,
    tailed,
)
from tests.scenarios.cloud.small_worlds import admin, may, noted, world

SECURE = "/var/log/secure"
TAILS = configuration(TAILED)
STARTED = 100  # Systems Manager needs some ninety seconds to get there


def write(cloud, machine, *lines, path=SECURE):
    for line in lines:
        cloud.instances.write(machine, path, line)


def messages(cloud, group="secure"):
    return [message for _, _, message in tailed(cloud, group)]


# ---- who gets one -------------------------------------------------------------------------------


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
            configuration({"log_group_name": "g"}), "does not start: an entry of collect_list", id="no path"
        ),
    ],
)
def test_a_configuration_that_the_agent_refuses_is_told(said, words):
    with world(agent(said)) as cloud:
        launch(cloud, *EVERYTHING, seconds=STARTED)

        (told,) = noted(cloud, "refused")
        assert words in told


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


def test_lines_leave_within_the_flush_interval_with_the_time_they_were_written_at():
    with world(agent(TAILS)) as cloud:
        machine = launch(cloud, *EVERYTHING, seconds=STARTED)
        write(cloud, machine, "one", "two")
        cloud.run(6)
        write(cloud, machine, "three")
        cloud.run(6)

        stream = machine.instance
        assert tailed(cloud) == [(stream, 100, "one"), (stream, 100, "two"), (stream, 106, "three")]


def test_the_flush_interval_is_the_configurations():
    said = configuration(TAILED)
    said["logs"]["force_flush_interval"] = 60
    with world(agent(said)) as cloud:
        machine = launch(cloud, *EVERYTHING, seconds=STARTED)
        write(cloud, machine, "one")
        cloud.run(30)
        before = messages(cloud)
        cloud.run(60)

        assert (before, messages(cloud)) == ([], ["one"])


def test_without_a_timestamp_format_a_lines_time_is_when_it_arrived():
    said = configuration({name: value for name, value in TAILED.items() if name != "timestamp_format"})
    with world(agent(said)) as cloud:
        machine = launch(cloud, *EVERYTHING, seconds=50)
        write(cloud, machine, "early")
        cloud.run(60)

        ((_, second, _),) = tailed(cloud)
        assert second == 95  # the agent began at 90


def test_what_was_written_before_the_agent_began_is_sent_too():
    with world(agent(TAILS)) as cloud:
        machine = launch(cloud, *EVERYTHING, seconds=10)
        write(cloud, machine, "early")
        cloud.run(120)

        assert tailed(cloud) == [(machine.instance, 10, "early")]


def test_after_a_restart_the_agent_goes_on_where_it_was():
    with world(agent(TAILS)) as cloud:
        machine = launch(cloud, *EVERYTHING, seconds=STARTED)
        write(cloud, machine, "before")
        cloud.run(10)
        admin(cloud, "ec2").reboot_instances(InstanceIds=[machine.instance])
        write(cloud, machine, "between")
        cloud.run(60)
        meanwhile = messages(cloud)
        cloud.run(60)

        assert (meanwhile, messages(cloud)) == (["before"], ["before", "between"])


def test_a_stopped_instance_sends_nothing():
    with world(agent(TAILS)) as cloud:
        machine = launch(cloud, *EVERYTHING, seconds=STARTED)
        admin(cloud, "ec2").stop_instances(InstanceIds=[machine.instance])
        write(cloud, machine, "unheard")
        cloud.run(300)

        assert messages(cloud) == []


@pytest.mark.parametrize(
    ("stream", "expected"),
    [
        pytest.param("{instance_id}", "{0.instance}", id="instance"),
        pytest.param("host-{hostname}", "host-{1[hostname]}", id="host name"),
        pytest.param("{local_hostname}", "{1[local_hostname]}", id="local host name"),
        pytest.param("{ip_address}/secure", "{1[ip_address]}/secure", id="address"),
        pytest.param("fixed", "fixed", id="none"),
    ],
)
def test_placeholders_are_filled_in(stream, expected):
    with world(agent(configuration(TAILED | {"log_stream_name": stream}))) as cloud:
        machine = launch(cloud, *EVERYTHING, seconds=STARTED)
        write(cloud, machine, "hello")
        cloud.run(10)

        names = cloud.instances.host_names(machine)
        assert names["ip_address"].count(".") == 3
        assert tailed(cloud)[0][0] == expected.format(machine, names)


def test_a_group_that_is_not_there_is_made_and_kept_as_long_as_is_said():
    with world(agent(configuration(TAILED | {"retention_in_days": 30}))) as cloud:
        machine = launch(cloud, *EVERYTHING, seconds=STARTED)
        write(cloud, machine, "hello")
        cloud.run(10)

        (group,) = admin(cloud, "logs").describe_log_groups(logGroupNamePrefix="secure")["logGroups"]
        assert group["retentionInDays"] == 30


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


def test_what_was_kept_back_is_sent_when_the_role_may():
    with world(agent(TAILS)) as cloud:
        machine = launch(cloud, MANAGED, READS, seconds=STARTED)
        write(cloud, machine, "one")
        cloud.run(10)
        before = messages(cloud)
        let(cloud, "logs:*")
        cloud.run(10)

        assert (before, messages(cloud)) == ([], ["one"])


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
        machine.files[SECURE] = [(cloud.clock.now + apart, "by another clock")]
        write(cloud, machine, "now")
        cloud.run(10)
        write(cloud, machine, "later")
        cloud.run(10)

        assert set(messages(cloud)) == {"now", "later"} | ({"by another clock"} if taken else set())
        assert len(noted(cloud, "lost")) == (not taken)


def test_an_instance_that_is_started_again_sends_on_from_where_it_was():
    with world(agent(TAILS)) as cloud:
        machine = launch(cloud, *EVERYTHING, seconds=STARTED)
        write(cloud, machine, "before")
        cloud.run(10)
        admin(cloud, "ec2").stop_instances(InstanceIds=[machine.instance])
        cloud.run(120)
        admin(cloud, "ec2").start_instances(InstanceIds=[machine.instance])
        cloud.run(60)
        write(cloud, machine, "after")
        cloud.run(120)

        assert messages(cloud) == ["before", "after"]


# ---- measurements -------------------------------------------------------------------------------


def metrics(**more):
    return {"metrics": {"metrics_collected": {"mem": {"measurement": ["mem_used_percent"]}}, **more}}


INSTANCE = {"InstanceId": "${aws:InstanceId}"}
TYPE = {"InstanceType": "${aws:InstanceType}"}
DISK = {"disk": {"measurement": ["used_percent"], "resources": ["/"]}}


def _host(cloud, machine):
    return {"host": cloud.instances.host_names(machine)["hostname"]}


def test_memory_is_measured_each_minute():
    with world(agent(metrics())) as cloud:
        machine = launch(cloud, MANAGED, READS, MEASURES, seconds=STARTED)
        machine.memory = 77
        cloud.run(300)

        found = measured(cloud, "mem_used_percent", "CWAgent", **_host(cloud, machine))
        assert [value for _, value in found] == [77] * 5


@pytest.mark.parametrize(
    ("more", "dimensions"),
    [
        pytest.param({}, {"path": "/", "device": "nvme0n1p1", "fstype": "xfs"}, id="with the device"),
        pytest.param({"drop_device": True}, {"path": "/", "fstype": "xfs"}, id="without the device"),
    ],
)
def test_a_disk_is_measured_under_its_dimensions(more, dimensions):
    said = {"metrics": {"metrics_collected": {"disk": DISK["disk"] | more}}}
    with world(agent(said)) as cloud:
        machine = launch(cloud, MANAGED, READS, MEASURES, seconds=STARTED)
        machine.disk.used = 91
        cloud.run(61)

        whose = _host(cloud, machine)
        ((_, value),) = measured(cloud, "disk_used_percent", "CWAgent", **whose, **dimensions)
        assert value == 91


def test_what_is_appended_namespace_and_interval_are_the_configurations():
    said = metrics(namespace="hosts", append_dimensions=INSTANCE) | {
        "agent": {"metrics_collection_interval": 120}
    }
    with world(agent(said)) as cloud:
        machine = launch(cloud, MANAGED, READS, MEASURES, seconds=STARTED)
        cloud.run(600)

        assert len(measured(cloud, "mem_used_percent", "hosts", InstanceId=machine.instance)) == 5


@pytest.mark.parametrize(
    ("said", "expected"),
    [
        pytest.param({}, [{"host"}], id="the host by itself"),
        pytest.param({"append_dimensions": INSTANCE}, [{"InstanceId"}], id="the instance in its place"),
        pytest.param(
            {"append_dimensions": INSTANCE | TYPE, "aggregation_dimensions": [["InstanceType"]]},
            [{"InstanceId", "InstanceType"}, {"InstanceType"}],
            id="of all instances of a type",
        ),
        pytest.param(
            {"append_dimensions": INSTANCE, "aggregation_dimensions": [[]]},
            [{"InstanceId"}, set()],
            id="of all instances",
        ),
        pytest.param(
            {"append_dimensions": INSTANCE, "aggregation_dimensions": [["InstanceId"], ["ImageId"]]},
            [{"InstanceId"}],
            id="nothing smaller, nothing that it has not",
        ),
    ],
)
def test_memory_is_sent_under_its_dimensions_and_under_each_smaller_set_that_is_asked_for(said, expected):
    with world(agent(metrics(**said))) as cloud:
        launch(cloud, MANAGED, READS, MEASURES, seconds=STARTED + 61)

        found = [
            {each["Name"] for each in metric["Dimensions"]}
            for metric in admin(cloud, "cloudwatch").list_metrics(Namespace="CWAgent")["Metrics"]
        ]
        assert sorted(map(sorted, found)) == sorted(map(sorted, expected))


def test_an_aggregate_is_of_every_instance():
    said = metrics(append_dimensions=INSTANCE, aggregation_dimensions=[[]])
    with world(agent(said)) as cloud:
        one = launch(cloud, MANAGED, READS, MEASURES, seconds=0)
        with cloud.calls.muted():
            another = cloud.instances.adopt("us-east-1", _second(cloud))
        one.memory, another.memory = 20, 60
        cloud.run(STARTED + 61)

        assert {value for _, value in measured(cloud, "mem_used_percent", "CWAgent")} == {40}


def _second(cloud):
    answer = admin(cloud, "ec2").run_instances(
        ImageId="ami-12c6146b",
        MinCount=1,
        MaxCount=1,
        IamInstanceProfile={"Name": "host"},
        TagSpecifications=[{"ResourceType": "instance", "Tags": [{"Key": "Watched", "Value": "yes"}]}],
    )
    return answer["Instances"][0]["InstanceId"]


def test_a_set_that_is_all_of_a_metrics_dimensions_is_not_sent_twice():
    said = metrics(append_dimensions=INSTANCE, aggregation_dimensions=[["InstanceId"]])
    with world(agent(said)) as cloud:
        machine = launch(cloud, MANAGED, READS, MEASURES, seconds=STARTED + 61)

        whose = {"InstanceId": machine.instance}
        ((_, samples),) = measured(cloud, "mem_used_percent", "CWAgent", stat="SampleCount", **whose)
        assert samples == 1


def test_the_hosts_name_is_left_out_where_the_configuration_says_so():
    with world(agent(metrics() | {"agent": {"omit_hostname": True}})) as cloud:
        launch(cloud, MANAGED, READS, MEASURES, seconds=STARTED + 61)

        assert len(measured(cloud, "mem_used_percent", "CWAgent")) == 1


def test_a_disk_that_is_not_named_is_not_measured():
    said = {"metrics": {"metrics_collected": {"disk": DISK["disk"] | {"resources": ["/data"]}}}}
    with world(agent(said)) as cloud:
        launch(cloud, MANAGED, READS, MEASURES, seconds=STARTED + 300)

        assert admin(cloud, "cloudwatch").list_metrics(Namespace="CWAgent")["Metrics"] == []


def test_what_the_role_may_not_measure_is_told_once():
    with world(agent(metrics())) as cloud:
        machine = launch(cloud, MANAGED, READS, seconds=STARTED + 300)

        assert measured(cloud, "mem_used_percent", "CWAgent", **_host(cloud, machine)) == []
        assert noted(cloud, "refused") == [
            f"the agent of {machine.instance} may not cloudwatch:PutMetricData"
        ]
