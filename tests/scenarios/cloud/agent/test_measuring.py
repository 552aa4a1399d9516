"""What the agent measures on a host: names, units, dimensions, intervals, and when it arrives."""

import json

import pytest

from scenarios.cloud.agent.measurements import UNITS
from scenarios.cloud.ec2.machine import GIB, Disk, Process
from tests.scenarios.cloud.agent.host_worlds import (
    MANAGED,
    MEASURES,
    READS,
    agent,
    launch,
    let,
    measured,
    tailed,
)
from tests.scenarios.cloud.small_worlds import admin, noted, world

STARTED = 89  # the agent starts after ninety seconds, and measures one second later
MAY = (MANAGED, READS, MEASURES)
INSTANCE = {"InstanceId": "${aws:InstanceId}"}
TYPE = {"InstanceType": "${aws:InstanceType}"}
DISK = {"disk": {"measurement": ["used_percent"], "resources": ["/"]}}
SENT = 122  # from STARTED: measured twice, and sent twice


def metrics(**more):
    return {"metrics": {"metrics_collected": {"mem": {"measurement": ["mem_used_percent"]}}, **more}}


def collected(**plugins):
    return {"metrics": {"metrics_collected": plugins, "append_dimensions": {}}}


def sent(cloud, namespace="CWAgent"):
    """(name, dimensions) of every metric that arrived."""
    found = admin(cloud, "cloudwatch").list_metrics(Namespace=namespace)["Metrics"]
    return sorted(
        (each["MetricName"], tuple((one["Name"], one["Value"]) for one in each["Dimensions"]))
        for each in found
    )


def unit(cloud, metric, **dimensions):
    answer = admin(cloud, "cloudwatch").get_metric_statistics(
        Namespace="CWAgent",
        MetricName=metric,
        Dimensions=[{"Name": name, "Value": value} for name, value in dimensions.items()],
        StartTime=cloud.clock.now.replace(hour=0),
        EndTime=cloud.clock.now,
        Period=3600,
        Statistics=["Average"],
    )
    return [each["Unit"] for each in answer["Datapoints"]]


def _host(cloud, machine):
    return {"host": cloud.instances.host_names(machine)["hostname"]}


# ---- what is measured ---------------------------------------------------------------------------


@pytest.mark.slow
def test_each_plugin_is_measured_under_its_dimensions():
    """One host with everything that a plug-in has: every name and unit of AWS's page."""
    everything = {name: {"measurement": list(units)} for name, units in UNITS.items() if name != "procstat"}
    with world(agent(collected(**everything))) as cloud:
        machine = launch(cloud, *MAY, seconds=STARTED)
        machine.cpu, machine.memory, machine.disk.used = 60, 25, 50
        machine.counts |= {
            "cpu_usage_iowait": 45,
            "netstat_tcp_established": 4000,
            "processes_zombies": 7,
            "net_bytes_sent": 1000,
            "diskio_reads": 3,
        }
        cloud.run(SENT)

        total = cloud.instances.hardware(machine).memory
        own = {
            "cpu": {"cpu": "cpu-total"},
            "disk": {"path": "/", "device": "nvme0n1p1", "fstype": "xfs"},
            "diskio": {"name": "nvme0n1p1"},
            "net": {"interface": "ens5"},
        }
        names = {f"{name}_{each}" for name in everything for each in UNITS[name]}
        assert {name for name, _ in sent(cloud)} == names
        found = {}
        for name in everything:
            dimensions = own.get(name, {})
            for each, expected in UNITS[name].items():
                assert unit(cloud, f"{name}_{each}", **dimensions) == [expected], each
                found[f"{name}_{each}"] = measured(cloud, f"{name}_{each}", "CWAgent", **dimensions)[-1][1]
        expected = {
            "cpu_usage_active": 60,
            "cpu_usage_idle": 40,
            "cpu_usage_iowait": 45,
            "cpu_usage_user": 15,
            "mem_used_percent": 25,
            "mem_total": total,
            "mem_available": total * 0.75,
            "disk_used_percent": 50,
            "disk_free": 4 * GIB,
            "netstat_tcp_established": 4000,
            "netstat_tcp_listen": 4,
            "processes_zombies": 7,
            "swap_used_percent": 0,
            "net_bytes_sent": 60_000,  # how much more it is than a minute ago
            "diskio_reads": 180,
        }
        assert found | expected == found


@pytest.mark.slow
@pytest.mark.parametrize(
    ("said", "expected"),
    [
        pytest.param({}, ["cpu-total"], id="the sum"),
        pytest.param({"resources": ["*"]}, ["cpu-total", "cpu0"], id="each one and the sum"),
        pytest.param({"resources": ["*"], "totalcpu": False}, ["cpu0"], id="each one"),
        pytest.param({"totalcpu": False}, [], id="none"),
    ],
)
def test_processors_are_measured_one_by_one_or_as_a_whole(said, expected):
    with world(agent(collected(cpu={"measurement": ["usage_idle"], **said}))) as cloud:
        launch(cloud, *MAY, seconds=STARTED + SENT)  # an m1.small has one processor

        assert [dict(dimensions)["cpu"] for _, dimensions in sent(cloud)] == expected


@pytest.mark.slow
@pytest.mark.parametrize(
    ("said", "expected"),
    [
        pytest.param({}, ["/", "/data", "/run"], id="all"),
        pytest.param({"resources": ["*"]}, ["/", "/data", "/run"], id="all by a star"),
        pytest.param({"resources": ["/data", "/gone"]}, ["/data"], id="by their paths"),
        pytest.param({"ignore_file_system_types": ["tmpfs"]}, ["/", "/data"], id="but a type"),
    ],
)
def test_which_disks_are_measured(said, expected):
    with world(agent(collected(disk={"measurement": ["used_percent"], **said}))) as cloud:
        machine = launch(cloud, *MAY, seconds=0)
        machine.more_disks += [Disk(path="/data", device="nvme1n1"), Disk(path="/run", file_system="tmpfs")]
        cloud.run(STARTED + SENT)

        assert sorted(dict(dimensions)["path"] for _, dimensions in sent(cloud)) == expected


@pytest.mark.slow
def test_a_disk_without_its_device():
    with world(agent(collected(disk=DISK["disk"] | {"drop_device": True}))) as cloud:
        launch(cloud, *MAY, seconds=STARTED + SENT)

        assert sent(cloud) == [("disk_used_percent", (("fstype", "xfs"), ("path", "/")))]


@pytest.mark.slow
@pytest.mark.parametrize(
    ("finds", "count", "names"),
    [
        pytest.param({"exe": "ssh"}, 1, ["sshd"], id="a part of the name"),
        pytest.param({"exe": "^(sshd|crond)$"}, 2, ["crond", "sshd"], id="an expression"),
        pytest.param({"pattern": "--port 80"}, 2, ["shop"], id="the command"),
        pytest.param({"pid_file": "/run/shop.pid"}, 1, ["shop"], id="the file with its number"),
        pytest.param({"exe": "gone"}, 0, [], id="none"),
    ],
)
def test_processes_are_found_measured_and_counted(finds, count, names):
    said = collected(procstat=[finds | {"measurement": ["pid_count", "memory_rss", "cpu_usage"]}])
    with world(agent(said)) as cloud:
        machine = launch(cloud, *MAY, seconds=0)
        for pid, file in ((7001, "/run/shop.pid"), (7002, "")):
            machine.processes.append(
                Process(name="shop", pid=pid, pid_file=file, command="shop --port 80", memory=pid, cpu=3)
            )
        cloud.run(STARTED + 63)

        ((tag, value),) = finds.items()
        by = {tag.replace("_", ""): value}
        counted = measured(cloud, "procstat_lookup_pid_count", "CWAgent", pid_finder="native", **by)
        found = {name: dict(dimensions) for name, dimensions in sent(cloud) if "lookup" not in name}
        assert [number for _, number in counted] == [count]
        assert found.keys() == ({"procstat_cpu_usage", "procstat_memory_rss"} if names else set())
        assert sorted({dict(each)["process_name"] for name, each in sent(cloud) if "rss" in name}) == names
        if "pattern" in finds:
            both = measured(cloud, "procstat_memory_rss", "CWAgent", process_name="shop", **by)
            assert [number for _, number in both] == [7001.5]


# ---- when it is measured ------------------------------------------------------------------------


@pytest.mark.slow
def test_memory_is_measured_each_minute_and_sent_a_minute_later():
    with world(agent(metrics())) as cloud:
        machine = launch(cloud, *MAY, seconds=STARTED)
        machine.memory = 77
        cloud.run(60)
        early = measured(cloud, "mem_used_percent", "CWAgent", **_host(cloud, machine))
        cloud.run(3)

        found = measured(cloud, "mem_used_percent", "CWAgent", **_host(cloud, machine))
        assert (early, found) == ([], [(60, 77)])


@pytest.mark.slow
def test_an_interval_below_a_minute_gives_a_metric_of_high_resolution():
    said = collected(mem={"measurement": ["used_percent"], "metrics_collection_interval": 10})
    with world(agent(said | {"agent": {"metrics_collection_interval": 300}})) as cloud:
        launch(cloud, *MAY, seconds=STARTED + SENT)

        answer = admin(cloud, "cloudwatch").get_metric_statistics(
            Namespace="CWAgent",
            MetricName="mem_used_percent",
            StartTime=cloud.clock.now.replace(hour=0),
            EndTime=cloud.clock.now,
            Period=10,
            Statistics=["SampleCount"],
        )
        assert [each["SampleCount"] for each in answer["Datapoints"]] == [1] * 12


@pytest.mark.slow
def test_a_share_needs_two_measurements():
    said = collected(cpu={"measurement": ["usage_idle"]}, net={"measurement": ["drop_in"]}, **DISK)
    with world(agent(said)) as cloud:
        launch(cloud, *MAY, seconds=STARTED + 63)

        assert [name for name, _ in sent(cloud)] == ["disk_used_percent"]


# ---- as what it is sent -------------------------------------------------------------------------


@pytest.mark.slow
def test_a_plugins_own_dimensions_stand_before_the_hosts():
    said = metrics(append_dimensions=INSTANCE)
    said["metrics"]["metrics_collected"]["mem"]["append_dimensions"] = {"InstanceId": "mine", "team": "web"}
    with world(agent(said)) as cloud:
        launch(cloud, *MAY, seconds=STARTED + SENT)

        ((_, dimensions),) = sent(cloud)
        assert dict(dimensions) == {"InstanceId": "mine", "team": "web"}


def test_a_measurement_that_is_renamed_has_its_unit_and_drops_the_original():
    said = metrics(append_dimensions=INSTANCE, aggregation_dimensions=[[]])
    said["metrics"]["metrics_collected"]["mem"] = {
        "measurement": [{"name": "used", "rename": "MEMORY", "unit": "Megabytes"}, "used_percent"],
        "drop_original_metrics": ["mem_used"],
    }
    with world(agent(said)) as cloud:
        machine = launch(cloud, *MAY, seconds=STARTED + SENT)

        assert sent(cloud) == [
            ("MEMORY", ()),
            ("mem_used_percent", ()),
            ("mem_used_percent", (("InstanceId", machine.instance),)),
        ]
        assert unit(cloud, "MEMORY") == ["Megabytes"]


@pytest.mark.slow
def test_the_group_of_an_instance_is_asked_of_ec2():
    said = metrics(append_dimensions={"AutoScalingGroupName": "${aws:AutoScalingGroupName}"})
    tags = [{"Key": "Watched", "Value": "yes"}, {"Key": "aws:autoscaling:groupName", "Value": "web"}]
    with world(agent(said)) as cloud:
        machine = launch(cloud, *MAY, tags=tags, seconds=STARTED + 63)
        refused = noted(cloud, "refused")
        let(cloud, "ec2:DescribeTags")
        cloud.run(120)

        assert refused == [f"the agent of {machine.instance} may not ec2:DescribeTags"]
        assert sent(cloud) == [
            ("mem_used_percent", ()),
            ("mem_used_percent", (("AutoScalingGroupName", "web"),)),
        ]


@pytest.mark.slow
def test_a_dimension_that_the_agent_does_not_ask_for_is_passed_over_and_told():
    with world(agent(metrics(append_dimensions={"InstanceId": "i-1"}))) as cloud:
        launch(cloud, *MAY, seconds=STARTED + 63)

        assert sent(cloud) == [("mem_used_percent", ())]
        assert any("ignores append_dimensions.InstanceId" in told for told in noted(cloud, "agent"))


@pytest.mark.slow
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
        launch(cloud, *MAY, seconds=STARTED + 63)

        found = [
            {each["Name"] for each in metric["Dimensions"]}
            for metric in admin(cloud, "cloudwatch").list_metrics(Namespace="CWAgent")["Metrics"]
        ]
        assert sorted(map(sorted, found)) == sorted(map(sorted, expected))


@pytest.mark.slow
def test_an_aggregate_is_of_every_instance():
    said = metrics(append_dimensions=INSTANCE, aggregation_dimensions=[[]])
    with world(agent(said)) as cloud:
        one = launch(cloud, *MAY, seconds=0)
        with cloud.calls.muted():
            another = cloud.instances.adopt("us-east-1", _second(cloud))
        one.memory, another.memory = 20, 60
        cloud.run(STARTED + 63)

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


@pytest.mark.slow
def test_a_set_that_is_all_of_a_metrics_dimensions_is_not_sent_twice():
    said = metrics(append_dimensions=INSTANCE, aggregation_dimensions=[["InstanceId"]])
    with world(agent(said)) as cloud:
        machine = launch(cloud, *MAY, seconds=STARTED + 63)

        whose = {"InstanceId": machine.instance}
        ((_, samples),) = measured(cloud, "mem_used_percent", "CWAgent", stat="SampleCount", **whose)
        assert samples == 1


def test_the_hosts_name_is_left_out_where_the_configuration_says_so():
    with world(agent(metrics() | {"agent": {"omit_hostname": True}})) as cloud:
        launch(cloud, *MAY, seconds=STARTED + 63)

        assert len(measured(cloud, "mem_used_percent", "CWAgent")) == 1


def test_a_disk_that_is_not_named_is_not_measured():
    said = {"metrics": {"metrics_collected": {"disk": DISK["disk"] | {"resources": ["/data"]}}}}
    with world(agent(said)) as cloud:
        launch(cloud, *MAY, seconds=STARTED + 300)

        assert admin(cloud, "cloudwatch").list_metrics(Namespace="CWAgent")["Metrics"] == []


@pytest.mark.slow
def test_what_the_role_may_not_measure_is_told_once():
    with world(agent(metrics())) as cloud:
        machine = launch(cloud, MANAGED, READS, seconds=STARTED + 300)

        assert measured(cloud, "mem_used_percent", "CWAgent", **_host(cloud, machine)) == []
        assert noted(cloud, "refused") == [
            f"the agent of {machine.instance} may not cloudwatch:PutMetricData"
        ]


# ---- what the configuration wizard writes -------------------------------------------------------

_HARD = {
    "cpu": ["cpu_usage_idle", "cpu_usage_iowait", "cpu_usage_user", "cpu_usage_system"],
    "disk": ["used_percent", "inodes_free"],
    "mem": ["mem_used_percent"],
    "swap": ["swap_used_percent"],
}
_WIZARDS = {
    "basic": {"disk": ["used_percent"], "mem": ["mem_used_percent"]},
    "standard": {**_HARD, "diskio": ["io_time"]},
    "advanced": {
        **_HARD,
        "diskio": ["io_time", "write_bytes", "read_bytes", "writes", "reads"],
        "netstat": ["tcp_established", "tcp_time_wait"],
    },
}


def _wizard(plan):
    """The answers of amazon-cloudwatch-agent-config-wizard for a Linux host, with all its defaults.

    Source: https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/create-cloudwatch-agent-configuration-file-wizard.html
    """
    starred = {"cpu", "disk", "diskio"}
    plugins = {
        name: {
            "measurement": measurements,
            "metrics_collection_interval": 60,
            **({"resources": ["*"]} if name in starred else {}),
            **({"totalcpu": False} if name == "cpu" else {}),
        }
        for name, measurements in _WIZARDS[plan].items()
    }
    names = ("AutoScalingGroupName", "ImageId", "InstanceId", "InstanceType")
    listening = {
        "collectd": {"metrics_aggregation_interval": 60},
        "statsd": {
            "metrics_aggregation_interval": 60,
            "metrics_collection_interval": 10,
            "service_address": ":8125",
        },
    }
    return {
        "agent": {"metrics_collection_interval": 60, "run_as_user": "cwagent"},
        "metrics": {
            "aggregation_dimensions": [["InstanceId"]],
            "append_dimensions": {name: f"${{aws:{name}}}" for name in names},
            "metrics_collected": plugins | listening,
        },
        "logs": {
            "logs_collected": {
                "files": {
                    "collect_list": [
                        {
                            "file_path": "/var/log/messages",
                            "log_group_class": "STANDARD",
                            "log_group_name": "messages",
                            "log_stream_name": "{instance_id}",
                            "retention_in_days": -1,
                        }
                    ]
                }
            }
        },
        "traces": {
            "buffer_size_mb": 3,
            "concurrency": 8,
            "insecure": False,
            "traces_collected": {
                "xray": {"bind_address": "127.0.0.1:2000", "tcp_proxy": {"bind_address": "127.0.0.1:2000"}}
            },
        },
    }


@pytest.mark.slow
@pytest.mark.parametrize("plan", list(_WIZARDS))
def test_the_wizards_answers_measure_and_tail_what_they_name(plan):
    with world(agent(json.dumps(_wizard(plan)))) as cloud:
        machine = launch(cloud, *MAY, seconds=0)
        let(cloud, ["ec2:DescribeTags", "logs:*"])
        cloud.instances.write(machine, "/var/log/messages", "hello")
        cloud.run(STARTED + SENT)

        found = sent(cloud)
        names = {
            f"{plugin}_{each.removeprefix(plugin + '_')}"
            for plugin, measurements in _WIZARDS[plan].items()
            for each in measurements
        }
        by_instance = {name for name, dimensions in found if dict(dimensions).keys() == {"InstanceId"}}
        assert by_instance == names
        assert all(dict(dimensions)["InstanceId"] == machine.instance for _, dimensions in found)
        assert [(stream, message) for stream, _, message in tailed(cloud, "messages")] == [
            (machine.instance, "hello")
        ]
        assert noted(cloud, "refused") == []
