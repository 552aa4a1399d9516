"""The agent's configuration, read."""

import json

import pytest

from scenarios.cloud.agent.configuration import AgentConfiguration, InvalidConfiguration, TailedFile
from scenarios.cloud.kernel.errors import NotSimulated

FILE = {"file_path": "/var/log/secure"}


def parse(**sections):
    return AgentConfiguration.parse(json.dumps(sections))


def files(*entries, **logs):
    return parse(logs={"logs_collected": {"files": {"collect_list": list(entries)}}, **logs}).files


def test_nothing_said_is_nothing_done():
    assert parse() == AgentConfiguration()
    assert (AgentConfiguration().namespace, AgentConfiguration().seconds) == ("CWAgent", 60)
    assert AgentConfiguration().flush_seconds == 5


@pytest.mark.parametrize(
    ("entry", "logs", "expected"),
    [
        pytest.param(
            FILE,
            {},
            TailedFile(
                path="/var/log/secure", group="/var/log/secure", stream="{instance_id}", stamped=False
            ),
            id="defaults",
        ),
        pytest.param(
            FILE | {"log_group_name": "g", "log_stream_name": "s", "timestamp_format": "%H"},
            {},
            TailedFile(path="/var/log/secure", group="g", stream="s", stamped=True),
            id="all said",
        ),
        pytest.param(
            FILE,
            {"log_stream_name": "everybody's"},
            TailedFile(path="/var/log/secure", group="/var/log/secure", stream="everybody's", stamped=False),
            id="a stream for all",
        ),
        pytest.param(
            FILE | {"retention_in_days": 90},
            {},
            TailedFile(
                path="/var/log/secure",
                group="/var/log/secure",
                stream="{instance_id}",
                stamped=False,
                retention=90,
            ),
            id="a retention",
        ),
        pytest.param(
            FILE | {"retention_in_days": -1},
            {},
            TailedFile(
                path="/var/log/secure", group="/var/log/secure", stream="{instance_id}", stamped=False
            ),
            id="no retention",
        ),
        pytest.param(
            {"file_path": "/srv/shop.log.2026"},
            {},
            TailedFile(
                path="/srv/shop.log.2026", group="/srv/shop.log", stream="{instance_id}", stamped=False
            ),
            id="a group by the path up to its last dot",
        ),
    ],
)
def test_a_file_goes_where_its_entry_or_the_section_says(entry, logs, expected):
    assert files(entry, **logs) == (expected,)


def test_measurements_are_read_by_either_name():
    for name in ("used_percent", "disk_used_percent"):
        collected = {"disk": {"measurement": [name], "resources": ["/", "/data"], "drop_device": True}}
        found = parse(metrics={"metrics_collected": collected})
        assert (found.disks, found.drops_device) == (("/", "/data"), True)
    assert parse(metrics={"metrics_collected": {"disk": {"measurement": ["used_percent"]}}}).disks == ("*",)
    assert parse(metrics={"metrics_collected": {"mem": {"measurement": ["used_percent"]}}}).memory
    assert not parse(metrics={"metrics_collected": {"mem": {"measurement": []}}}).memory


def test_the_agents_own_settings_and_the_appended_dimension_are_read():
    found = parse(
        agent={"metrics_collection_interval": 10, "run_as_user": "root", "omit_hostname": True},
        metrics={
            "namespace": "hosts",
            "append_dimensions": {"InstanceId": "${aws:InstanceId}", "ImageId": "${aws:ImageId}"},
        },
        logs={"force_flush_interval": 30},
    )

    assert (found.seconds, found.namespace, found.flush_seconds) == (10, "hosts", 30)
    assert (found.appended, found.names_host) == (("InstanceId", "ImageId"), False)


@pytest.mark.parametrize(
    ("said", "expected"),
    [
        pytest.param([], (), id="none"),
        pytest.param([[]], ((),), id="all of a name"),
        pytest.param([["InstanceId"], ["b", "a"]], (("InstanceId",), ("a", "b")), id="two sets"),
        pytest.param([["b", "a"], ["a", "b", "a"]], (("a", "b"),), id="the same set twice"),
    ],
)
def test_each_set_of_dimensions_is_aggregated_once(said, expected):
    assert parse(metrics={"aggregation_dimensions": said}).aggregated == expected


@pytest.mark.parametrize(
    ("text", "words"),
    [
        pytest.param("{", "no JSON", id="no JSON"),
        pytest.param("[]", "no object", id="no object"),
        pytest.param(
            json.dumps({"metrics": {"append_dimensions": {"InstanceId": "i-1"}}}),
            r"takes \$\{aws:InstanceId\}",
            id="an instance by name",
        ),
        pytest.param(
            json.dumps({"logs": {"logs_collected": {"files": {"collect_list": [{}]}}}}),
            "has no file_path",
            id="no path",
        ),
        pytest.param(
            json.dumps(
                {"logs": {"logs_collected": {"files": {"collect_list": [FILE | {"retention_in_days": 2}]}}}}
            ),
            "retention_in_days is 2",
            id="a retention that Logs has not",
        ),
        pytest.param('{"logs": []}', "logs is no object", id="a section that is a list"),
        pytest.param(
            '{"metrics": {"metrics_collected": {"mem": true}}}',
            "mem is no object",
            id="a plugin that is true",
        ),
        pytest.param(
            '{"logs": {"logs_collected": {"files": {"collect_list": {}}}}}',
            "collect_list is no list",
            id="one file, and no list",
        ),
        pytest.param(
            '{"logs": {"logs_collected": {"files": {"collect_list": ["/var/log/secure"]}}}}',
            "collect_list is no object",
            id="a bare path",
        ),
        pytest.param(
            json.dumps(
                {"logs": {"logs_collected": {"files": {"collect_list": [FILE | {"log_group_name": 7}]}}}}
            ),
            "7 names no log group",
            id="a group that is a number",
        ),
        pytest.param(
            '{"agent": {"metrics_collection_interval": "60"}}', "'60', not a number", id="seconds as text"
        ),
        pytest.param('{"logs": {"force_flush_interval": 0}}', "is 0, not a number", id="no seconds"),
        pytest.param(
            '{"metrics": {"aggregation_dimensions": ["InstanceId"]}}',
            "no list of lists",
            id="a bare dimension",
        ),
    ],
)
def test_what_the_agent_refuses_is_said_in_a_sentence(text, words):
    with pytest.raises(InvalidConfiguration, match=words):
        AgentConfiguration.parse(text)


@pytest.mark.parametrize(
    ("sections", "words"),
    [
        pytest.param({"traces": {}}, "traces in the configuration", id="a section"),
        pytest.param({"agent": {"credentials": {}}}, "credentials in agent", id="a setting"),
        pytest.param({"agent": {"region": "eu-west-1"}}, "region in agent", id="another region"),
        pytest.param({"metrics": {"force_flush_interval": 300}}, "force_flush_interval", id="later metrics"),
        pytest.param(
            {"metrics": {"append_dimensions": {"AutoScalingGroupName": "${aws:AutoScalingGroupName}"}}},
            "AutoScalingGroupName",
            id="another dimension",
        ),
        pytest.param(
            {"metrics": {"metrics_collected": {"mem": {"metrics_collection_interval": 10}}}},
            "metrics_collection_interval in mem",
            id="an interval of its own",
        ),
        pytest.param({"metrics": {"metrics_collected": {"cpu": {}}}}, "cpu in metrics", id="a plugin"),
        pytest.param(
            {"metrics": {"metrics_collected": {"mem": {"measurement": ["mem_free"]}}}},
            "the measurement mem_free of mem",
            id="a measurement",
        ),
        pytest.param({"logs": {"logs_collected": {"journald": {}}}}, "journald", id="another source"),
        pytest.param(
            {"logs": {"logs_collected": {"files": {"collect_list": [FILE | {"filters": []}]}}}},
            "filters in collect_list",
            id="filters",
        ),
        pytest.param(
            {"logs": {"logs_collected": {"files": {"collect_list": [FILE | {"log_stream_name": "{date}"}]}}}},
            "the placeholder {date}",
            id="a placeholder",
        ),
    ],
)
def test_what_is_not_known_here_is_not_simulated(sections, words):
    with pytest.raises(NotSimulated, match=words):
        parse(**sections)
