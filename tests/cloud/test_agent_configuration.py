"""The agent's configuration, read."""

import json

import pytest

from scenarios.cloud.agent_configuration import AgentConfiguration, InvalidConfiguration, TailedFile
from scenarios.cloud.errors import NotSimulated

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
            TailedFile(path="/var/log/secure", group="var_log_secure", stream="{instance_id}", stamped=False),
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
            TailedFile(path="/var/log/secure", group="var_log_secure", stream="everybody's", stamped=False),
            id="a stream for all",
        ),
        pytest.param(
            FILE | {"retention_in_days": 90},
            {},
            TailedFile(
                path="/var/log/secure",
                group="var_log_secure",
                stream="{instance_id}",
                stamped=False,
                retention=90,
            ),
            id="a retention",
        ),
        pytest.param(
            FILE | {"retention_in_days": -1},
            {},
            TailedFile(path="/var/log/secure", group="var_log_secure", stream="{instance_id}", stamped=False),
            id="no retention",
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
        agent={"metrics_collection_interval": 10, "run_as_user": "root"},
        metrics={"namespace": "hosts", "append_dimensions": {"InstanceId": "${aws:InstanceId}"}},
        logs={"force_flush_interval": 30},
    )

    assert (found.seconds, found.namespace, found.by_instance, found.flush_seconds) == (10, "hosts", True, 30)


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
        pytest.param(
            {"metrics": {"aggregation_dimensions": [["InstanceId"]]}},
            "aggregation_dimensions",
            id="aggregation",
        ),
        pytest.param({"metrics": {"append_dimensions": {"ImageId": "x"}}}, "ImageId", id="another dimension"),
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
