"""CloudTrail Insights finds a burst of calls, or of errors.

Insights tells nothing in its first 36 hours, which no rehearsal lasts. So the record is put on the bus: the
one that the simulated CloudTrail makes of these calls.
"""

from datetime import datetime, timedelta
from typing import Any

from chalicelib.remediation import Outcome
from scenarios.cloud.cloudtrail.history.insight_records import (
    BASELINE,
    CALL_RATE,
    ERROR_RATE,
    MINUTE,
    Activity,
    Subject,
    insight_record,
)
from scenarios.cloud.cloudtrail.records.envelope import event_bridge_envelope
from scenarios.cloud.deployment import ACCOUNT, STACK_NAME, START
from scenarios.cloud.world import World
from scenarios.runner.scenario import Action, Check, Scenario, at, at_the_end, by
from scenarios.runner.words.checks import alert, no_more_alerts_than, outcome, state

NAME = "unusual_activity"
EXPECTED = (("IgnoredPrincipals", f"arn:aws:iam::{ACCOUNT}:user/deploy-bot"),)

BOT, MALLORY, ALICE = (f"arn:aws:iam::{ACCOUNT}:user/{name}" for name in ("deploy-bot", "mallory", "alice"))


def activity(who: tuple[str, ...], count: int, *, since: datetime, lasts: timedelta = MINUTE) -> Activity:
    """So many calls of each of these, as Insights counts them."""
    calls = tuple(
        {
            "eventTime": f"{since + timedelta(seconds=number):%Y-%m-%dT%H:%M:%SZ}",
            "userIdentity": {"arn": each},
            "userAgent": "aws-cli/2.15",
        }
        for each in who
        for number in range(count)
    )
    return Activity(calls=calls, minutes=int(lasts / MINUTE))


def finds(
    *who: str, name: str, usually: tuple[str, ...] = (), error: str = "", end: bool = False, region: str = ""
) -> Action:
    """Insights' event of 20 calls of each of these in a minute; `usually`: who made 7 in the week before."""

    def do(world: World) -> None:
        where = region or world.deployment.home
        record = insight_record(
            Subject(
                kind=ERROR_RATE if error else CALL_RATE,
                region=where,
                source="ec2.amazonaws.com",
                name=name,
                error_code=error,
            ),
            "End" if end else "Start",
            at=START,
            insight=activity(who, 20, since=START),
            baseline=activity(usually, 7, since=START - BASELINE, lasts=BASELINE),
            account=ACCOUNT,
            event_id=world.setting.new_uuid("scenario.insight"),
            shared_id=world.setting.new_uuid("scenario.insight"),
        )
        world.eventbridge.emit(
            where, event_bridge_envelope(record, world.setting.new_uuid("scenario.insight"))
        )

    state = "the end of " if end else ""
    return Action(f"Insights finds {state}{name} by {', '.join(who)}{f' in {region}' if region else ''}", do)


def insights_are_recorded() -> Check:
    """The stack's trail has both kinds of Insights."""

    def judge(cloudtrail: Any) -> str | None:
        found = cloudtrail.get_insight_selectors(TrailName=f"{STACK_NAME}-trail")["InsightSelectors"]
        kinds = sorted(each["InsightType"] for each in found)
        return None if kinds == [CALL_RATE, ERROR_RATE] else f"it has {kinds}"

    return state("the stack's trail has Insights", judge, "cloudtrail")


SCENARIO = Scenario(
    name=NAME,
    title="A burst of calls by somebody new is HIGH, one by who is known is MEDIUM, errors are told alike",
    parameters=(*EXPECTED, ("RecordInsights", "yes")),
    when=[
        at("00:00", finds(ALICE, MALLORY, name="TerminateInstances", usually=(ALICE,))),
        at("03:00", finds(ALICE, name="RunInstances", usually=(ALICE,))),
        at("06:00", finds(MALLORY, name="DescribeInstances", error="Client.UnauthorizedOperation")),
    ],
    then=[
        by(
            "00:30",
            alert(
                NAME,
                "HIGH",
                f"{MALLORY}: not among those",
                "20 a minute",
                "over the 7 d before",
                subject="TerminateInstances is called far more often",
                without=(f"{ALICE}: not among",),
            ),
        ),
        by("03:30", alert(NAME, "MEDIUM", ALICE, subject="RunInstances is called", without=("not among",))),
        by("06:30", alert(NAME, "HIGH", MALLORY, subject="fails with Client.UnauthorizedOperation")),
        at_the_end(
            insights_are_recorded(), outcome(NAME, Outcome.TOLD, times=3), no_more_alerts_than(3, of=NAME)
        ),
    ],
)

SILENT = Scenario(
    name="unusual_activity.silent",
    title="The end of a burst, and a burst of who is expected alone: no alert; with somebody else: one",
    parameters=EXPECTED,
    when=[
        at("00:00", finds(MALLORY, name="TerminateInstances", end=True), finds(BOT, name="RunInstances")),
        at("05:00", finds(BOT, MALLORY, name="RunInstances", usually=(BOT,))),
    ],
    then=[
        by("05:30", alert(NAME, "HIGH", f"{MALLORY}: not among those")),
        at_the_end(no_more_alerts_than(1, of=NAME)),
    ],
)

ELSEWHERE = Scenario(
    name="unusual_activity.elsewhere",
    title="A burst in another region is told by its spoke",
    spokes=("eu-west-1",),
    when=[at("00:00", finds(MALLORY, name="TerminateInstances", region="eu-west-1"))],
    then=[
        by("00:30", alert(NAME, "HIGH", "--region eu-west-1")),
        at_the_end(no_more_alerts_than(1, of=NAME)),
    ],
)

SCENARIOS = (SCENARIO, SILENT, ELSEWHERE)

READS = (("cloudtrail", "LookupEvents"),)
READING = SCENARIO
