"""What Fargate's containers write, what Container Insights says of them, and the events of their tasks."""

import json

import pytest

from scenarios.cloud.ecs.task_logs import options_of
from scenarios.cloud.kernel.errors import NotSimulated, WorldError
from scenarios.queries.insights import Event, Query
from scenarios.runner.words.containers import Task
from tests.scenarios.cloud.log_files import asked
from tests.scenarios.cloud.small_worlds import admin, queue, rule, world

SHOP = Task(name="shop", group="/shop", makes_group=True, insights=True)
NO_GROUP = Task(name="cart", group="/cart")
DENIED = Task(name="mail", group="/mail", makes_group=True, may_log=False)
EVERY = {"source": ["aws.ecs"]}


@pytest.fixture(scope="module")
def cloud():
    with world({**queue(), **rule(pattern=EVERY)}) as made:
        for each in (SHOP, NO_GROUP, DENIED):
            each.there().do(made)
        yield made


def events(cloud, group):
    return admin(cloud, "logs").filter_log_events(logGroupName=group)["events"]


def task(cloud, which):
    ecs = admin(cloud, "ecs")
    found = ecs.list_tasks(cluster=which.cluster, family=which.name)["taskArns"]
    stopped = ecs.list_tasks(cluster=which.cluster, family=which.name, desiredStatus="STOPPED")["taskArns"]
    return ecs.describe_tasks(cluster=which.cluster, tasks=[*found, *stopped])["tasks"][0]


@pytest.mark.slow
def test_what_a_container_writes_is_in_a_stream_of_its_own(cloud):
    SHOP.writes(['{"level": "error", "path": "/a"}', '{"level": "info", "path": "/b"}']).do(cloud)
    cloud.run(10)

    found = events(cloud, "/shop")
    arn = task(cloud, SHOP)["taskArn"]
    assert {each["logStreamName"] for each in found} == {f"app/shop/{arn.rpartition('/')[2]}"}
    read = [Event(each["timestamp"], each["message"]) for each in found]
    rows = Query('filter level = "error" | stats count(*) as errors by path').run(read).rows
    assert rows == [{"path": "/a", "errors": "1"}]


@pytest.mark.parametrize("which", [NO_GROUP, DENIED], ids=lambda each: each.name)
def test_a_task_whose_driver_may_not_log_stops_with_the_reason(cloud, which):
    which.writes(["lost"]).do(cloud)
    cloud.run(10)

    stopped = task(cloud, which)
    assert stopped["lastStatus"] == "STOPPED"
    assert "ResourceInitializationError" in stopped["stoppedReason"]
    assert any(each.kind == "lost" and which.name in each.words for each in cloud.setting.trace)
    with pytest.raises(WorldError, match=f"no task of {which.name} runs"):
        which.writes(["more"]).do(cloud)


def test_container_insights_has_a_record_of_each_container_once_a_minute(cloud):
    before = len(records(cloud))
    cloud.run(600)

    found = records(cloud)
    assert len(found) - before == 10
    assert {json.loads(each)["TaskId"] for each in found} == {task(cloud, SHOP)["taskArn"].rpartition("/")[2]}
    body = "".join(f"{each}\n" for each in found).encode()
    sql = "SELECT DISTINCT containername, clustername, cpureserved FROM ecs_container_records"
    assert asked(cloud, {"a.log": body}, sql) == [("shop", "services-insights", "256.0")]


def records(cloud):
    groups = admin(cloud, "logs").describe_log_groups(logGroupNamePrefix="/aws/ecs/containerinsights/")
    names = [each["logGroupName"] for each in groups["logGroups"]]
    return [each["message"] for name in names for each in events(cloud, name)]


def test_events_tell_of_tasks_that_run_and_stop(cloud):
    arn = task(cloud, SHOP)["taskArn"]
    admin(cloud, "ecs").stop_task(cluster=SHOP.cluster, task=arn, reason="done")
    cloud.run(10)
    sqs = admin(cloud, "sqs")
    url = sqs.get_queue_url(QueueName="Heard")["QueueUrl"]
    found = []
    while got := sqs.receive_message(QueueUrl=url, MaxNumberOfMessages=10).get("Messages"):
        found += [json.loads(each["Body"])["detail"] for each in got]
    ours = [(each["lastStatus"], each.get("stoppedReason")) for each in found if each["taskArn"] == arn]
    assert sorted(ours) == [("RUNNING", None), ("STOPPED", "done")]


@pytest.mark.parametrize(
    ("configuration", "why"),
    [
        ({"logDriver": "splunk"}, "splunk"),
        ({"logDriver": "awslogs", "options": {"awslogs-x": "1"}}, "awslogs-x"),
    ],
)
def test_other_drivers_are_loud(configuration, why):
    with pytest.raises(NotSimulated, match=why):
        options_of(None, {"logConfiguration": configuration})
