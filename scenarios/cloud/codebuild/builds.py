"""Builds only stand: nothing is built, a scenario says how a build ends, and CodeBuild tells of it.

A build that nobody ends goes on until its project's timeout. moto would have it succeed when it is looked at.

Sources: https://docs.aws.amazon.com/codebuild/latest/userguide/sample-build-notifications-ref.html,
https://docs.aws.amazon.com/codebuild/latest/APIReference/API_Build.html,
https://docs.aws.amazon.com/codebuild/latest/userguide/limits.html (60 minutes by default)
"""

from collections.abc import Iterator, Mapping
from copy import deepcopy
from datetime import datetime
from functools import partial
from typing import Any, Final

from scenarios.cloud.asked import Asked
from scenarios.cloud.kernel import moto_state
from scenarios.cloud.kernel.caller import ApiCall
from scenarios.cloud.kernel.emitted import EmittedEvents
from scenarios.cloud.kernel.errors import NotSimulated, Refused, WorldError
from scenarios.cloud.kernel.moments import iso_milliseconds, moment
from scenarios.cloud.setting import Setting

CHANGE: Final = "CodeBuild Build State Change"
EVENTS = (EmittedEvents(source="aws.codebuild", detail_types=(CHANGE,)),)
SERVICE: Final = "codebuild.amazonaws.com"
RUNNING: Final = "IN_PROGRESS"
ENDS: Final = ("SUCCEEDED", "FAILED", "FAULT", "STOPPED", "TIMED_OUT")
EVENT_SECONDS: Final = 1.0
DEFAULT_MINUTES: Final = 60
# What would build in another way, or again.
_NOT_SIMULATED: Final = ("StartBuildBatch", "RetryBuild", "RetryBuildBatch", "StopBuildBatch")


class Builds:
    """The builds of the account."""

    def __init__(self, setting: Setting) -> None:
        self._setting = setting
        calls = setting.calls
        calls.after("codebuild", "StartBuild", self._started)
        calls.answer("codebuild", "BatchGetBuilds", self._asked)
        calls.answer("codebuild", "StopBuild", self._stop)
        for operation in _NOT_SIMULATED:
            calls.check("codebuild", operation, _refuse)

    def end(self, region: str, project: str, status: str) -> None:
        """The oldest build of a project that goes on ends now.

        Raises WorldError where none goes on, or where no build ends so.
        """
        if status not in ENDS:
            raise WorldError(f"a build ends as one of {', '.join(ENDS)}, not as {status}")
        running = [each for each in self._builds(region, project) if each["buildStatus"] == RUNNING]
        if not running:
            raise WorldError(f"no build of {project} goes on in {region}")
        self._end(region, running[0], status)

    # ---- the API ----------------------------------------------------------------------------------

    def _started(self, call: ApiCall) -> None:
        identity = (call.response or {})["build"]["id"]
        build = self._found(call.region, identity)
        project = moto_state.codebuild_project(self._setting.account, call.region, build["projectName"])
        build["initiator"] = call.caller.name or call.caller.arn
        build["timeoutInMinutes"] = int(
            call.parameters.get("timeoutInMinutesOverride")
            or project.get("timeoutInMinutes")
            or DEFAULT_MINUTES
        )
        for part in ("source", "environment", "artifacts"):
            build[part] = deepcopy(project.get(part) or {})
        self._tell(call.region, build)

        def too_long() -> None:
            if build["buildStatus"] == RUNNING:
                self._end(call.region, build, "TIMED_OUT")

        what = f"build of {build['projectName']}"
        self._setting.clock.after(60 * build["timeoutInMinutes"], too_long, what)

    def _asked(self, asked: Asked) -> dict[str, Any]:
        wanted = list(asked.parameters["ids"])
        found = {each["id"]: each for each in self._builds(asked.region)}
        there = [_told(found[each]) for each in wanted if each in found]
        return {"builds": there, "buildsNotFound": [each for each in wanted if each not in found]}

    def _stop(self, asked: Asked) -> dict[str, Any]:
        build = self._found(asked.region, str(asked.parameters["id"]))
        if build["buildStatus"] == RUNNING:
            self._end(asked.region, build, "STOPPED")
        return {"build": _told(build)}

    def _found(self, region: str, identity: str) -> dict[str, Any]:
        for each in self._builds(region):
            if identity in (each["id"], each["arn"]):
                return each
        raise Refused("ResourceNotFoundException", f"Build {identity} does not exist")

    def _builds(self, region: str, project: str = "") -> Iterator[dict[str, Any]]:
        for each in moto_state.builds(self._setting.account, region):
            if project in ("", each["projectName"]):
                yield each

    # ---- the end ----------------------------------------------------------------------------------

    def _end(self, region: str, build: dict[str, Any], status: str) -> None:
        now = iso_milliseconds(self._setting.clock.now)
        build |= {"buildStatus": status, "buildComplete": True, "currentPhase": "COMPLETED", "endTime": now}
        build["phases"] = _phases(build, status, now)
        self._setting.note("build", f"{build['projectName']}: {status}")
        self._tell(region, build)

    def _tell(self, region: str, build: Mapping[str, Any]) -> None:
        event = self._setting.service_event(region, "aws.codebuild", CHANGE, [build["arn"]], _detail(build))
        tell = partial(self._setting.announce, region, event, by=SERVICE)
        self._setting.clock.after(EVENT_SECONDS, tell, CHANGE)


def _phases(build: Mapping[str, Any], status: str, now: str) -> list[dict[str, Any]]:
    """What CodeBuild says of a build's way; all of its time went into the phase in which it ended."""
    began = str(build["startTime"])
    seconds = round((moment(now) - moment(began)).total_seconds())
    over = {"startTime": began, "endTime": began, "durationInSeconds": 0, "phaseStatus": "SUCCEEDED"}
    last = {"startTime": began, "endTime": now, "durationInSeconds": seconds, "phaseStatus": status}
    return [
        {"phaseType": "SUBMITTED", **over},
        {"phaseType": "QUEUED", **over},
        {"phaseType": "BUILD", **last},
        {"phaseType": "COMPLETED", "startTime": now},
    ]


def _told(build: Mapping[str, Any]) -> dict[str, Any]:
    """A build as boto3 hands it out: moto keeps its moments as text."""
    told = deepcopy(dict(build))
    for part in (told, *told["phases"]):
        for name in ("startTime", "endTime"):
            if name in part:
                part[name] = moment(part[name])
    return told


def _detail(build: Mapping[str, Any]) -> dict[str, Any]:
    environment, source = build["environment"], build["source"]
    stream = str(build["id"]).rpartition(":")[2]
    return {
        "build-status": build["buildStatus"],
        "project-name": build["projectName"],
        "build-id": build["arn"],
        "additional-information": {
            "artifact": {"location": build["artifacts"].get("location", "")},
            "environment": {
                "image": environment.get("image"),
                "privileged-mode": bool(environment.get("privilegedMode", False)),
                "compute-type": environment.get("computeType"),
                "type": environment.get("type"),
                "environment-variables": environment.get("environmentVariables", []),
            },
            "timeout-in-minutes": build["timeoutInMinutes"],
            "build-complete": bool(build["buildComplete"]),
            "initiator": build["initiator"],
            "build-start-time": _written(build["startTime"]),
            "source": {name: source[name] for name in ("location", "type") if name in source},
            "logs": {"group-name": f"/aws/codebuild/{build['projectName']}", "stream-name": stream},
            "phases": [_phase(each) for each in build["phases"]],
        },
        "current-phase": build["currentPhase"],
        "current-phase-context": "[]",
        "version": "1",
    }


def _phase(phase: Mapping[str, Any]) -> dict[str, Any]:
    told: dict[str, Any] = {"phase-context": [], "start-time": _written(phase["startTime"])}
    if "endTime" in phase:
        told["end-time"] = _written(phase["endTime"])
        told["duration-in-seconds"] = phase["durationInSeconds"]
    told["phase-type"] = phase["phaseType"]
    return told | ({"phase-status": phase["phaseStatus"]} if "phaseStatus" in phase else {})


def _written(text: str) -> str:
    """A moment as in `Sep 1, 2017 4:12:29 PM`."""
    at: datetime = moment(text)
    return f"{at:%b} {at.day}, {at.year} {at.hour % 12 or 12}:{at:%M:%S} {at:%p}"


def _refuse(asked: Asked) -> None:
    raise NotSimulated("codebuild", asked.operation)
