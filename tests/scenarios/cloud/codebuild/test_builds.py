"""Builds of CodeBuild: they go on until somebody ends them, and EventBridge hears of it."""

import pytest

from scenarios.cloud.kernel.errors import NotSimulated, WorldError
from scenarios.cloud.kernel.faults import NONE, PROFILES
from scenarios.runner.words.builds import build_ends
from tests.sample import in_turn
from tests.scenarios.cloud.small_worlds import (
    admin,
    arn,
    heard,
    may,
    queue,
    refusal,
    role,
    rule,
    topic,
    world,
)

PROJECT = {
    "Name": "shop",
    "ServiceRole": {"Fn::GetAtt": ["builds", "Arn"]},
    "Source": {"Type": "S3", "Location": "in/shop.zip"},
    "Artifacts": {"Type": "NO_ARTIFACTS"},
    "Environment": {
        "Type": "LINUX_CONTAINER",
        "Image": "aws/codebuild/standard:5.0",
        "ComputeType": "BUILD_GENERAL1_SMALL",
    },
}


def standing(pattern=None, *, faults=NONE, more=None, **properties):
    resources = {
        **queue(),
        **rule(pattern=pattern or {"source": ["aws.codebuild"]}),
        **role("builds", "codebuild"),
        "Project": {"Type": "AWS::CodeBuild::Project", "Properties": PROJECT | properties},
        **(more or {}),
    }
    return world(resources, faults=faults)


def start(each):
    return admin(each, "codebuild").start_build(projectName="shop")["build"]["id"]


def look(each, build):
    return admin(each, "codebuild").batch_get_builds(ids=[build])["builds"][0]


def ends(each, status):
    build_ends("shop", status).do(each)
    each.run(5)


def statuses(each):
    events = sorted(heard(each), key=lambda event: event["time"])
    return [event["detail"]["build-status"] for event in events]


@pytest.mark.slow
@pytest.mark.parametrize("status", ["SUCCEEDED", "FAILED", "FAULT"])
def test_a_build_goes_on_until_the_scenario_ends_it(status):
    with standing() as each:
        build = start(each)
        each.run(300)
        before = look(each, build)["buildStatus"]
        ends(each, status)

        after = look(each, build)
        assert (before, after["buildStatus"], after["currentPhase"]) == ("IN_PROGRESS", status, "COMPLETED")
        assert (after["endTime"] - after["startTime"]).total_seconds() == 300
        assert statuses(each) == ["IN_PROGRESS", status]


def test_the_event_has_the_documented_shape():
    """https://docs.aws.amazon.com/codebuild/latest/userguide/sample-build-notifications-ref.html."""
    with standing() as each:
        build = start(each)
        each.run(269)
        ends(each, "SUCCEEDED")
        (event,) = [each for each in heard(each) if each["detail"]["build-status"] == "SUCCEEDED"]

    detail, more = event["detail"], event["detail"]["additional-information"]
    assert (event["detail-type"], event["resources"]) == (
        "CodeBuild Build State Change",
        [arn("codebuild", f"build/{build}")],
    )
    assert {name: detail[name] for name in detail if name != "additional-information"} == {
        "build-status": "SUCCEEDED",
        "project-name": "shop",
        "build-id": arn("codebuild", f"build/{build}"),
        "current-phase": "COMPLETED",
        "current-phase-context": "[]",
        "version": "1",
    }
    assert more["environment"]["image"] == "aws/codebuild/standard:5.0"
    assert (more["build-complete"], more["initiator"], more["timeout-in-minutes"]) == (True, "alice", 60)
    assert more["build-start-time"] == "Mar 2, 2026 3:00:00 AM"
    assert more["source"] == {"location": "in/shop.zip", "type": "S3"}
    assert [phase["phase-type"] for phase in more["phases"]] == ["SUBMITTED", "QUEUED", "BUILD", "COMPLETED"]
    assert more["phases"][2]["duration-in-seconds"] == 269


@pytest.mark.slow
def test_a_build_that_nobody_ends_times_out_and_one_that_is_stopped_says_so():
    with standing(TimeoutInMinutes=10) as each:
        forgotten, stopped = start(each), start(each)
        admin(each, "codebuild").stop_build(id=stopped)
        each.run(700)

        assert look(each, forgotten)["buildStatus"] == "TIMED_OUT"
        assert look(each, stopped)["buildStatus"] == "STOPPED"
        assert refusal(admin(each, "codebuild").stop_build, id="shop:x") == "ResourceNotFoundException"


@pytest.mark.parametrize("profile", in_turn(PROFILES.values(), of=4), ids=str)
def test_a_failed_build_is_told_to_people_under_every_fault(profile):
    """The rule of https://docs.aws.amazon.com/codebuild/latest/userguide/sample-build-notifications.html."""
    pattern = {"source": ["aws.codebuild"], "detail": {"build-status": ["FAILED"], "project-name": ["shop"]}}
    tells = {**topic("events"), **rule("Tells", pattern)}
    tells["Tells"]["Properties"]["Targets"][0]["Arn"] = {"Ref": "Alerts"}
    with standing(faults=profile, more=tells) as each:
        start(each)
        each.run(60)
        ends(each, "FAILED")
        each.run(120)

        assert {mail.text.count('"FAILED"') >= 1 for mail in each.topics.inbox} == {True}


def test_who_starts_a_build_needs_the_project():
    policy = {
        "Version": "2012-10-17",
        "Statement": [may("codebuild:StartBuild", arn("codebuild", "project/other"))],
    }
    with standing() as each:
        client = each.client(each.user("poor", policies=[policy]), "codebuild")

        assert refusal(client.start_build, projectName="shop") == "AccessDeniedException"


def test_a_build_that_is_not_there_cannot_end_and_batches_are_loud():
    with standing() as each:
        with pytest.raises(WorldError, match="no build of shop"):
            ends(each, "FAILED")
        with pytest.raises(WorldError, match="BROKEN"):
            ends(each, "BROKEN")
        with pytest.raises(NotSimulated, match="StartBuildBatch"):
            admin(each, "codebuild").start_build_batch(projectName="shop")
