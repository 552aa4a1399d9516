"""The agent's configuration, read: what a setting becomes, what the agent refuses, what isn't known here."""

import json

import pytest

from scenarios.cloud.agent.configuration import AgentConfiguration
from scenarios.cloud.agent.shapes import InvalidConfiguration
from scenarios.cloud.kernel.errors import NotSimulated

FILE = {"file_path": "/var/log/secure"}
MEM = {"mem": {"measurement": ["used_percent"]}}


def parse(**sections):
    return AgentConfiguration.parse(json.dumps(sections))


def files(*entries, **logs):
    return parse(logs={"logs_collected": {"files": {"collect_list": list(entries)}}, **logs}).files


def plugin(name, **section):
    (found,) = parse(metrics={"metrics_collected": {name: section}}).plugins
    return found


def test_nothing_said_is_nothing_done():
    assert parse() == AgentConfiguration()
    assert AgentConfiguration().namespace == "CWAgent"
    assert (AgentConfiguration().flush_seconds, AgentConfiguration().metrics_flush_seconds) == (5, 60)


@pytest.mark.parametrize(
    ("entry", "logs", "expected"),
    [
        pytest.param(FILE, {}, ("/var/log/secure", "{instance_id}", None), id="defaults"),
        pytest.param(
            FILE | {"log_group_name": "g", "log_stream_name": "s"}, {}, ("g", "s", None), id="all said"
        ),
        pytest.param(
            FILE,
            {"log_stream_name": "everybody's"},
            ("/var/log/secure", "everybody's", None),
            id="a stream for all",
        ),
        pytest.param(
            FILE | {"retention_in_days": 90}, {}, ("/var/log/secure", "{instance_id}", 90), id="a retention"
        ),
        pytest.param(
            FILE | {"retention_in_days": -1}, {}, ("/var/log/secure", "{instance_id}", None), id="none"
        ),
        pytest.param(
            {"file_path": "/srv/shop.log.2026"},
            {},
            ("/srv/shop.log", "{instance_id}", None),
            id="a group by the path up to its last dot",
        ),
    ],
)
def test_a_file_goes_where_its_entry_or_the_section_says(entry, logs, expected):
    (file,) = files(entry, **logs)

    assert (file.group, file.stream, file.retention) == expected


@pytest.mark.parametrize(
    ("said", "path", "expected"),
    [
        pytest.param({}, "/srv/a.log", ("g", "s"), id="one file, one stream"),
        pytest.param(
            {"publish_multi_logs": True}, "/srv/a b.log", ("g", "s__srv_a_b.log"), id="a stream each"
        ),
    ],
)
def test_a_file_of_several_has_a_stream_of_its_own(said, path, expected):
    (file,) = files({"file_path": "/srv/*.log", "log_group_name": "g", "log_stream_name": "s"} | said)

    assert file.names(path) == expected


def test_files_without_a_group_have_one_each():
    (file,) = files({"file_path": "/srv/*.log", "publish_multi_logs": True})

    assert file.names("/srv/a b.log") == ("/srv/a_b.log", "{instance_id}")


@pytest.mark.parametrize(
    ("pattern", "matches", "others"),
    [
        pytest.param("/srv/*.log", ["/srv/a.log", "/srv/.b.log"], ["/srv/x/a.log", "/srv/a.log.1"], id="*"),
        pytest.param("/srv/**.log", ["/srv/a.log", "/srv/x/y/a.log"], ["/opt/a.log"], id="**"),
        pytest.param("/srv/a?.[0-9]", ["/srv/ab.1"], ["/srv/a.1", "/srv/ab.x"], id="? and a class"),
        pytest.param("/srv/a.log*", ["/srv/a.log", "/srv/a.log.1"], ["/srv/a.log.1.gz"], id="no archives"),
        pytest.param("/srv/a+b.log", ["/srv/a+b.log"], ["/srv/aab.log"], id="plain"),
    ],
)
def test_which_files_a_path_takes(pattern, matches, others):
    (file,) = files({"file_path": pattern})

    assert [each for each in (*matches, *others) if file.takes(each)] == matches


def test_a_file_whose_name_is_on_the_blacklist_is_left_alone():
    (file,) = files({"file_path": "/srv/debug/*", "blacklist": "debug"})

    assert file.takes("/srv/debug/a.log")
    assert not file.takes("/srv/debug/debug.log")


def test_the_agents_own_settings_and_the_appended_dimensions_are_read():
    found = parse(
        agent={"run_as_user": "root", "omit_hostname": True, "region": "eu-west-1"},
        metrics={
            "namespace": "hosts",
            "append_dimensions": {
                "InstanceId": "${aws:InstanceId}",
                "AutoScalingGroupName": "${aws:AutoScalingGroupName}",
                "ImageId": "ami-1",
                "Team": "web",
            },
            "metrics_collected": MEM,
            "force_flush_interval": 30,
        },
    )

    assert (found.region, found.namespace, found.metrics_flush_seconds) == ("eu-west-1", "hosts", 30)
    assert (found.appended, found.names_host) == (("InstanceId", "AutoScalingGroupName"), False)
    assert found.passed_over == ("ImageId", "Team")  # the agent ignores any other


@pytest.mark.parametrize(
    ("agent", "section", "expected"),
    [
        pytest.param({}, {}, 60, id="each minute"),
        pytest.param({"metrics_collection_interval": 10}, {}, 10, id="as the agent's"),
        pytest.param(
            {"metrics_collection_interval": 10}, {"metrics_collection_interval": 300}, 300, id="its own"
        ),
    ],
)
def test_a_plugin_measures_by_its_own_interval_or_the_agents(agent, section, expected):
    found = parse(agent=agent, metrics={"metrics_collected": {"mem": {**MEM["mem"], **section}}})

    assert found.plugins[0].seconds == expected


@pytest.mark.parametrize(
    ("said", "expected"),
    [
        pytest.param("usage_idle", ("usage_idle", "cpu_usage_idle", "Percent"), id="short"),
        pytest.param(" cpu_usage_idle ", ("usage_idle", "cpu_usage_idle", "Percent"), id="long"),
        pytest.param(
            {"name": "usage_idle", "rename": "IDLE", "unit": "count"},
            ("usage_idle", "IDLE", "Count"),
            id="renamed",
        ),
        pytest.param(
            {"name": "usage_idle", "unit": "unit"},
            ("usage_idle", "cpu_usage_idle", "None"),
            id="no such unit",
        ),
    ],
)
def test_a_measurement_has_its_name_and_unit_or_those_it_is_given(said, expected):
    (found,) = plugin("cpu", measurement=[said]).measurements

    assert (found.of, found.name, found.unit) == expected


@pytest.mark.parametrize(
    ("dropped", "expected"),
    [
        pytest.param(["cpu_usage_idle"], [False, True], id="by its long name"),
        pytest.param(["usage_idle"], [False, True], id="by its short name"),
        pytest.param(["*"], [False, False], id="all"),
        pytest.param(["IDLE"], [True, True], id="by the name it is renamed to"),
    ],
)
def test_originals_are_dropped_by_the_measurements_name(dropped, expected):
    said = [{"name": "usage_idle", "rename": "IDLE"}, "usage_user"]
    found = plugin("cpu", measurement=said, drop_original_metrics=dropped).measurements

    assert [each.original for each in found] == expected


@pytest.mark.parametrize(
    ("said", "expected"),
    [
        pytest.param([[]], ((),), id="all of a name"),
        pytest.param([["InstanceId"], ["b", "a"]], (("InstanceId",), ("a", "b")), id="two sets"),
        pytest.param([["b", "a"], ["a", "b"]], (("a", "b"),), id="the same set twice"),
    ],
)
def test_each_set_of_dimensions_is_aggregated_once(said, expected):
    found = parse(metrics={"aggregation_dimensions": said, "metrics_collected": MEM})

    assert found.aggregated == expected


def _collect(**entry):
    return {"logs": {"logs_collected": {"files": {"collect_list": [FILE | entry]}}}}


def _measure(plugin, **section):
    return {"metrics": {"metrics_collected": {plugin: section}}}


@pytest.mark.parametrize(
    ("said", "words"),
    [
        pytest.param("{", "no JSON", id="no JSON"),
        pytest.param([], "the configuration is no object", id="no object"),
        pytest.param({"metrics": {}}, "has no metrics_collected", id="metrics of nothing"),
        pytest.param({"metrics": {"metrics_collected": {}}}, "has 0 fields, not 1", id="no plugin"),
        pytest.param({"logs": {}}, "has none of logs_collected, metrics_collected", id="logs of nothing"),
        pytest.param(
            {"metrics": {"metrics_collected": MEM, "typo": 1}}, "has typo, which is not known", id="a typo"
        ),
        pytest.param(_collect(file="x"), "has file, which is not known", id="a typo in an entry"),
        pytest.param(
            {"logs": {"logs_collected": {"files": {"collect_list": [{}]}}}}, "has no file_path", id="no path"
        ),
        pytest.param(
            {"logs": {"logs_collected": {"files": {"collect_list": []}}}}, "has 0 entries", id="no file"
        ),
        pytest.param(
            {"logs": {"logs_collected": {"files": {"collect_list": [FILE, FILE]}}}},
            "has an entry twice",
            id="a file twice",
        ),
        pytest.param(_collect(retention_in_days=2), "retention_in_days is 2", id="a retention Logs has not"),
        pytest.param({"logs": []}, "logs is no object", id="a section that is a list"),
        pytest.param(_measure("mem"), "mem has no measurement", id="a plugin without measurements"),
        pytest.param(
            {"metrics": {"metrics_collected": {"mem": True}}}, "mem is no object", id="a plugin that is true"
        ),
        pytest.param(
            {"logs": {"logs_collected": {"files": {"collect_list": {}}}}},
            "collect_list is no list",
            id="no list",
        ),
        pytest.param(
            _collect(log_group_name=7), "log_group_name is 7, not a text", id="a number for a group"
        ),
        pytest.param(_collect(timezone="CET"), "'CET', not one of Local, LOCAL, UTC", id="a time zone"),
        pytest.param(_collect(trim_timestamp="yes"), "not true or false", id="a word for true"),
        pytest.param(_collect(encoding="klingon"), "klingon is an invalid value", id="an encoding"),
        pytest.param(_collect(blacklist="("), "is no regular expression", id="an expression"),
        pytest.param(_collect(blacklist="(?=a)"), "no regular expression of Go", id="Python's expression"),
        pytest.param(
            _collect(filters=[{"type": "only"}]), "not one of include, exclude", id="a filter's type"
        ),
        pytest.param(_collect(filters=[{"type": "include"}]), "no expression", id="a filter of nothing"),
        pytest.param(
            {"agent": {"metrics_collection_interval": "60"}}, '"60", not a number', id="seconds as text"
        ),
        pytest.param(
            _measure("mem", measurement=["used"], metrics_collection_interval=0), "is 0", id="no seconds"
        ),
        pytest.param(
            {"metrics": {"aggregation_dimensions": ["InstanceId"], "metrics_collected": MEM}},
            "is no list",
            id="a bare dimension",
        ),
        pytest.param(_measure("mem", measurement=["mem_idle"]), "mem_idle of mem is invalid", id="no such"),
        pytest.param(_measure("mem", measurement=["used", "used"]), "an entry twice", id="twice"),
        pytest.param(
            _measure("cpu", measurement=["usage_idle"], resources=["cpu0"]),
            r"not one of \*",
            id="one processor",
        ),
        pytest.param(
            _measure("cpu", measurement=["usage_idle"], totalcpu="false"), "not true or false", id="totalcpu"
        ),
        pytest.param(_measure("statsd", port=1), "statsd has port", id="StatsD"),
        pytest.param(_measure("procstat", exe="a"), "procstat is no list", id="one process, no list"),
        pytest.param(
            {"metrics": {"metrics_collected": {"procstat": [{"measurement": ["pid_count"]}]}}},
            "has none of pid_file, exe, pattern",
            id="no process",
        ),
        pytest.param({"traces": {}}, "traces has no traces_collected", id="traces of nothing"),
    ],
)
def test_what_the_agent_refuses_is_said_in_a_sentence(said, words):
    with pytest.raises(InvalidConfiguration, match=words):
        AgentConfiguration.parse(said if isinstance(said, str) else json.dumps(said))


def test_one_group_has_one_retention():
    group = {"log_group_name": "g", "retention_in_days": 30}
    with pytest.raises(InvalidConfiguration, match="different retention_in_days"):
        files(FILE | group, {"file_path": "/srv/a"} | group | {"log_group_name": "G", "retention_in_days": 7})


@pytest.mark.parametrize(
    ("sections", "words"),
    [
        pytest.param({"opentelemetry": {}}, "opentelemetry in the configuration", id="a section"),
        pytest.param({"traces": {"traces_collected": {"otlp": {}}}}, "otlp in traces_collected", id="traces"),
        pytest.param({"agent": {"credentials": {}}}, "credentials in agent", id="another role"),
        pytest.param(_measure("ethtool"), "ethtool in metrics_collected", id="a plugin"),
        pytest.param(
            {"metrics": {"metrics_collected": {"procstat": [{"exe": "a", "measurement": ["memory_vms"]}]}}},
            "memory_vms of procstat",
            id="a measurement of a process",
        ),
        pytest.param(
            _measure("Memory", measurement=["Available Bytes"]),
            "Memory in .* with Linux",
            id="a Windows counter",
        ),
        pytest.param(
            _measure("cpu", measurement=["time_idle"]), "the measurement time_idle of cpu", id="a measurement"
        ),
        pytest.param({"logs": {"logs_collected": {"journald": {}}}}, "journald", id="another source"),
        pytest.param({"logs": {"logs_collected": {"windows_events": {}}}}, "windows_events", id="Windows"),
        pytest.param({"logs": {"metrics_collected": {"emf": {}}}}, "metrics_collected in logs", id="EMF"),
        pytest.param(_collect(log_group_class="INFREQUENT_ACCESS"), "INFREQUENT_ACCESS", id="a class"),
        pytest.param(_collect(blacklist=r"\pL"), "the regular expression", id="an expression of Go"),
    ],
)
def test_what_is_right_and_not_known_here_is_not_simulated(sections, words):
    with pytest.raises(NotSimulated, match=words):
        parse(**sections)
