"""When alarms are looked at: percentiles, metric math, ten seconds, history, and what needs no look."""

import json
import random
from datetime import timedelta

import pytest
from botocore.exceptions import ClientError

from scenarios.cloud.deployment import START, Deployment
from scenarios.cloud.kernel.errors import NotSimulated
from scenarios.cloud.world import World
from tests.sample import sample
from tests.scenarios.cloud.small_worlds import admin, heard, queue, rule, topic, world


def alarm(name="Alarm", **properties):
    given = {
        "AlarmName": name,
        "Namespace": "tw",
        "MetricName": "m",
        "Statistic": "Sum",
        "Period": 60,
        "EvaluationPeriods": 1,
        "Threshold": 3,
        "ComparisonOperator": "GreaterThanOrEqualToThreshold",
        "TreatMissingData": "notBreaching",
    }
    merged = {key: value for key, value in (given | properties).items() if value is not None}
    return {name: {"Type": "AWS::CloudWatch::Alarm", "Properties": merged}}


def math_alarm(*queries, **properties):
    nothing = dict.fromkeys(("Namespace", "MetricName", "Statistic", "Period"))
    return alarm(Metrics=list(queries), **nothing, **properties)


def metric(name, period=60, **query):
    stat = {"Metric": {"Namespace": "tw", "MetricName": name}, "Period": period, "Stat": "Sum"}
    return {"Id": name, "MetricStat": stat, "ReturnData": False, **query}


def put(cloud, name="m", value=1.0, seconds=0, **datum):
    moment = START + timedelta(seconds=seconds)
    data = {
        "MetricName": name,
        "Timestamp": moment,
        **({} if "Values" in datum else {"Value": value}),
        **datum,
    }
    admin(cloud, "cloudwatch").put_metric_data(Namespace="tw", MetricData=[data])


def states(cloud):
    return [(int((change.at - START).total_seconds()), change.after) for change in cloud.cloudwatch.changes]


def refused(call, **parameters):
    with pytest.raises(ClientError) as raised:
        call(**parameters)
    return raised.value.response["Error"]["Code"], raised.value.response["Error"]["Message"]


# ---- what need not be looked at -------------------------------------------------------------------

KINDS = [
    {"TreatMissingData": treat, "EvaluationPeriods": periods, "DatapointsToAlarm": needed, "Period": period}
    for treat in ("missing", "ignore", "breaching", "notBreaching")
    for periods, needed, period in ((1, 1, 60), (3, 2, 60), (2, 2, 300))
]
EXPRESSIONS = (
    "FILL(m, 0)",
    "m * 2",
    "FILL(m, 4)",
    "FILL(m, 0) + IF(MINUTE(m) > 30, 5, 0)",
    "IF(MINUTE(m) == 0, m, 0)",
    "IF(HOUR(m) == 3, 5, IF(MINUTE(m) == 0, m, 0))",
)


def week_of(seed, *, naive):
    """Data in bursts, seen by every kind of alarm: what changed, and how many looks it took."""
    drawn = random.Random(seed)
    arrivals = sorted([*drawn.choices(range(0, 3000, 7), k=25), 4900])
    kinds = [alarm(f"A{n}", **kind) for n, kind in enumerate(KINDS)]
    math = [
        math_alarm(
            {"Id": "e", "Expression": expression}, metric("m"), name=f"M{n}{treat}", TreatMissingData=treat
        )
        for n, expression in enumerate(EXPRESSIONS)
        for treat in ("breaching", "ignore")
    ]
    with world({key: value for each in (*kinds, *math) for key, value in each.items()}) as cloud:
        evaluations = cloud.cloudwatch._evaluations
        evaluations._naive = naive
        for second in arrivals:
            late = drawn.choice((0, 0, 40, 130))
            value = drawn.choice((1, 5))
            cloud.clock.at(
                START + timedelta(seconds=second + late),
                lambda second=second, value=value: put(cloud, value=value, seconds=second),
            )
        cloud.run(5400)
        changes = [
            (change.at, change.alarm, change.after, change.reason) for change in cloud.cloudwatch.changes
        ]
        return changes, evaluations.looks


@pytest.mark.slow
@pytest.mark.parametrize("seed", sample(range(6), of=3))
def test_not_looking_changes_nothing(seed):
    naive, every_look = week_of(seed, naive=True)
    clever, looks = week_of(seed, naive=False)

    assert clever == naive
    assert len(naive) > len(KINDS)
    assert looks < every_look * 0.9


def test_where_there_is_no_alarm_nothing_ticks():
    with world(topic("cloudwatch")) as cloud:
        before = cloud.clock.pending
        cloud.run(3600)

        assert cloud.clock.pending <= before
        assert not cloud.cloudwatch._evaluations._ticking


def test_a_deleted_alarm_is_looked_at_no_more_and_one_put_later_is():
    with world(alarm()) as cloud:
        cloudwatch = admin(cloud, "cloudwatch")
        cloudwatch.delete_alarms(AlarmNames=["Alarm"])
        cloud.run(300)
        looks = cloud.cloudwatch._evaluations.looks
        assert looks == 0

        given = alarm()["Alarm"]["Properties"]
        cloudwatch.put_metric_alarm(**given)
        cloud.run(120)

        assert states(cloud) == [(375, "OK")]


# ---- ten seconds ------------------------------------------------------------------------------------


def test_an_alarm_of_ten_seconds_is_looked_at_every_ten():
    with world(alarm(Period=10)) as cloud:
        put(cloud, value=9, seconds=0, StorageResolution=1)
        cloud.run(60)

        assert states(cloud)[0] == (10, "ALARM")
        assert states(cloud)[1][1] == "OK"
        assert states(cloud)[1][0] <= 50


# ---- percentiles --------------------------------------------------------------------------------------

FEW = [
    pytest.param("evaluate", 5, [(75, "ALARM")], id="few samples, evaluated all the same"),
    pytest.param("ignore", 5, [], id="few samples, and the state is kept"),
    pytest.param("ignore", 100, [(75, "ALARM")], id="samples enough"),
]


@pytest.mark.parametrize(("low", "samples", "expected"), FEW)
def test_a_percentile_of_few_samples(low, samples, expected):
    properties = {
        "Statistic": None,
        "ExtendedStatistic": "p90",
        "EvaluateLowSampleCountPercentile": low,
        "TreatMissingData": "ignore",
    }
    with world(alarm(**properties)) as cloud:
        put(cloud, seconds=1, Values=[9.0], Counts=[samples])
        cloud.run(80)

        assert states(cloud) == expected


def test_a_percentile_is_asked_for_as_an_extended_statistic():
    with world(alarm()) as cloud:
        put(cloud, seconds=1, Values=[1.0, 2.0, 9.0], Counts=[90, 5, 5])
        asked = {
            "Namespace": "tw",
            "MetricName": "m",
            "Period": 60,
            "StartTime": START,
            "EndTime": START + timedelta(minutes=1),
        }
        cloudwatch = admin(cloud, "cloudwatch")
        (point,) = cloudwatch.get_metric_statistics(**asked, ExtendedStatistics=["p50", "p99"])["Datapoints"]

        assert point["ExtendedStatistics"] == {"p50": 1.0, "p99": 9.0}
        both = refused(
            cloudwatch.get_metric_statistics, **asked, Statistics=["Sum"], ExtendedStatistics=["p1"]
        )
        assert both[0] == "InvalidParameterCombination"


# ---- metric math ----------------------------------------------------------------------------------------


def rate(expression, **more):
    return math_alarm(
        metric("errors"),
        metric("calls"),
        {"Id": "rate", "Expression": expression, "ReturnData": True},
        **more,
    )


def test_an_alarm_over_an_expression_sees_what_the_parts_make_together():
    with world(rate("100 * errors / calls", Threshold=10)) as cloud:
        put(cloud, "errors", 5, 5)
        put(cloud, "calls", 100, 6)
        cloud.run(70)
        put(cloud, "errors", 20, 65)
        put(cloud, "calls", 100, 66)
        cloud.run(70)

        assert states(cloud) == [(75, "OK"), (135, "ALARM")]
        (found,) = admin(cloud, "cloudwatch").describe_alarms()["MetricAlarms"]
        assert "20.0" in found["StateReason"]
        assert [query["Id"] for query in found["Metrics"]] == ["errors", "calls", "rate"]


def test_what_is_filled_in_needs_no_data():
    with world(rate("FILL(errors, 7)", Threshold=7)) as cloud:
        cloud.run(80)

        assert states(cloud) == [(75, "ALARM")]


REFUSED = [
    pytest.param(
        [metric("a", ReturnData=True), metric("b", ReturnData=True)], "Exactly one", id="two results"
    ),
    pytest.param([metric("a", ReturnData=True), metric("b", period=300)], "Period", id="two periods"),
    pytest.param([{"Id": "e", "Expression": "nobody * 2"}], "there is no nobody", id="a name nobody has"),
    pytest.param(
        [
            {"Id": "e", "Expression": "f + 1"},
            metric("a", ReturnData=False),
            {"Id": "f", "Expression": "e + a", "ReturnData": False},
        ],
        "leads back",
        id="a circle",
    ),
    pytest.param([{"Id": "e", "Expression": "1 +"}], "Error in expression", id="half an expression"),
]


@pytest.mark.parametrize(("queries", "words"), REFUSED)
def test_an_expression_that_is_none_is_refused(queries, words):
    with world(queue()) as cloud:
        code, message = refused(
            admin(cloud, "cloudwatch").put_metric_alarm,
            AlarmName="a",
            Metrics=queries,
            Threshold=1,
            EvaluationPeriods=1,
            ComparisonOperator="GreaterThanThreshold",
        )

        assert code == "ValidationError"
        assert words in message


def test_anomaly_detection_is_not_simulated():
    with world(queue()) as cloud, pytest.raises(NotSimulated, match="anomaly detection"):
        admin(cloud, "cloudwatch").put_metric_alarm(
            AlarmName="a",
            Metrics=[metric("m", ReturnData=True)],
            ThresholdMetricId="ad1",
            EvaluationPeriods=1,
            ComparisonOperator="GreaterThanUpperThreshold",
        )


# ---- history, and word of configurations ------------------------------------------------------------------


@pytest.mark.slow
def test_the_history_tells_configurations_changes_and_actions():
    with world({**topic("cloudwatch"), **alarm(AlarmActions=[{"Ref": "Alerts"}])}) as cloud:
        cloudwatch = admin(cloud, "cloudwatch")
        put(cloud, value=9, seconds=5)
        cloud.run(80)
        cloudwatch.put_metric_alarm(**(alarm(Threshold=99)["Alarm"]["Properties"]))
        items = cloudwatch.describe_alarm_history(AlarmName="Alarm", ScanBy="TimestampAscending")[
            "AlarmHistoryItems"
        ]

        assert [(item["HistoryItemType"], item["HistorySummary"].split(" arn:")[0]) for item in items] == [
            ("StateUpdate", "Alarm updated from INSUFFICIENT_DATA to ALARM"),
            ("Action", "Successfully executed action"),
            ("ConfigurationUpdate", 'Alarm "Alarm" updated'),
        ]
        data = json.loads(items[0]["HistoryData"])
        assert data["newState"]["stateValue"] == "ALARM"
        assert data["newState"]["stateReasonData"]["recentDatapoints"] == [9.0]


def test_the_history_is_asked_by_kind_time_and_page():
    with world(alarm()) as cloud:
        cloudwatch = admin(cloud, "cloudwatch")
        for state in ("ALARM", "OK", "ALARM"):
            cloudwatch.set_alarm_state(AlarmName="Alarm", StateValue=state, StateReason="rehearsal")
            cloud.clock.pass_time(1)
        asked = {"AlarmName": "Alarm", "HistoryItemType": "StateUpdate"}

        first = cloudwatch.describe_alarm_history(**asked, MaxRecords=2)
        rest = cloudwatch.describe_alarm_history(**asked, NextToken=first["NextToken"])

        assert [len(page["AlarmHistoryItems"]) for page in (first, rest)] == [2, 1]
        assert first["AlarmHistoryItems"][0]["HistorySummary"].endswith("OK to ALARM")
        late = cloudwatch.describe_alarm_history(**asked, StartDate=START + timedelta(seconds=2))
        assert len(late["AlarmHistoryItems"]) == 1


def test_putting_and_deleting_an_alarm_is_told_to_eventbridge():
    hears = {**queue(), **rule(pattern={"detail-type": ["CloudWatch Alarm Configuration Change"]})}
    with world(hears) as cloud:
        cloudwatch = admin(cloud, "cloudwatch")
        given = alarm()["Alarm"]["Properties"]
        cloudwatch.put_metric_alarm(**given)
        cloudwatch.put_metric_alarm(**given)
        cloudwatch.delete_alarms(AlarmNames=["Alarm"])
        cloud.run(30)

        told = {event["detail"]["operation"] for event in heard(cloud)}  # EventBridge keeps no order
        assert told == {"create", "update", "delete"}


def test_a_state_that_was_set_holds_until_the_next_look():
    with world(alarm()) as cloud:
        cloud.run(80)
        cloudwatch = admin(cloud, "cloudwatch")
        cloudwatch.set_alarm_state(AlarmName="Alarm", StateValue="ALARM", StateReason="rehearsal")
        cloud.run(70)

        assert states(cloud) == [(75, "OK"), (80, "ALARM"), (135, "OK")]


def test_an_alarm_of_a_stack_that_stands_is_ok_and_nobody_is_told_of_it():
    """Only where missing data is good: what missing data makes of the others is news."""
    good = {**of_an_old_stack("good"), "TreatMissingData": "notBreaching"}
    bad = {**of_an_old_stack("bad"), "TreatMissingData": "breaching"}
    resources = {
        name: {"Type": "AWS::CloudWatch::Alarm", "Properties": each}
        for name, each in (("Good", good), ("Bad", bad))
    }
    deployment = Deployment(template=json.dumps({"Resources": resources}), stands=True)

    with World(deployment) as cloud:
        told = admin(cloud, "cloudwatch").describe_alarms()["MetricAlarms"]
        cloud.run(120)

        assert {each["AlarmName"]: each["StateValue"] for each in told} == {
            "good": "OK",
            "bad": "INSUFFICIENT_DATA",
        }
        (reason,) = (each["StateReason"] for each in told if each["AlarmName"] == "good")
        assert reason.startswith("Threshold Crossed: no datapoints were received for 1 period")
        assert [(each.alarm, each.after) for each in cloud.cloudwatch.changes] == [("bad", "ALARM")]


def of_an_old_stack(name):
    return {
        "AlarmName": name,
        "Namespace": "Ours",
        "MetricName": "Errors",
        "Statistic": "Sum",
        "Period": 60,
        "EvaluationPeriods": 1,
        "Threshold": 1,
        "ComparisonOperator": "GreaterThanOrEqualToThreshold",
    }
