"""A word comes up in an application's log again and again."""

from datetime import timedelta

from scenarios.cloud.world import World
from scenarios.runner.actors import Actor
from scenarios.runner.checks import alert, no_more_alerts_than
from scenarios.runner.scenario import Deed, Scenario, at, at_the_end, by, holds, told

mallory = Actor(name="mallory", address="203.0.113.66")
GROUP = "shop/web"
BEFORE = {"Resources": {"Group": {"Type": "AWS::Logs::LogGroup", "Properties": {"LogGroupName": GROUP}}}}


def logs(stream: str, line: str, times: int) -> Deed:
    """A line written again and again, twice a second."""

    def do(world: World) -> None:
        now = world.clock.now
        lines = [(now + timedelta(seconds=number / 2), f"{line} #{number}") for number in range(times)]
        world.logs.write(world.deployment.home, GROUP, stream, lines)

    return Deed(f"{stream} logs {line!r} {times} times", do)


SCENARIO = Scenario(
    name="error_burst",
    title="A shop answers 400 sixty times in a minute; the alert says which hosts",
    before=BEFORE,
    parameters=(("ErrorBurstGroup", GROUP),),
    when=told(
        at("00:10", logs("web-1", "ERROR: 400 bad basket", 40), logs("web-1", "INFO: 200 sold", 30)),
        at("00:40", logs("web-2", "ERROR: 400 bad basket", 20)),
    ),
    then=holds(
        by("06:00", alert("error_burst", "MEDIUM", "web-1 (40)", "web-2 (20)", GROUP, subject="60 lines")),
        at_the_end(no_more_alerts_than(1)),
    ),
)

FEW = Scenario(
    name="error_burst.few",
    title="One less than the threshold, another word, and more than enough but too slowly: nobody is told",
    before=BEFORE,
    parameters=(
        ("ErrorBurstGroup", GROUP),
        ("ErrorBurstPattern", '"ERROR: 500"'),
        ("ErrorBurstThreshold", "10"),
        ("ErrorBurstPeriodSeconds", "60"),
    ),
    lasts="20:00",
    when=told(
        at("00:10", logs("web-1", "ERROR: 500 no stock", 9), logs("web-1", "ERROR: 400 bad basket", 90)),
        at("10:00", logs("web-1", "ERROR: 500 no stock", 6)),
        at("13:00", logs("web-1", "ERROR: 500 no stock", 6)),
    ),
    then=holds(at_the_end(no_more_alerts_than(0))),
)

DELETED = Scenario(
    name="error_burst.deleted",
    title="Somebody deletes the group before anybody looks: the alert goes out, and says that it could not",
    before=BEFORE,
    parameters=(("ErrorBurstGroup", GROUP),),
    when=told(
        at("00:10", logs("web-1", "ERROR: 400 bad basket", 60)),
        at("00:50", mallory.calls("logs", "delete_log_group", logGroupName=GROUP)),
    ),
    then=holds(
        by(
            "06:00",
            alert("error_burst", "MEDIUM", "could not look", "The specified log group does not exist", GROUP),
        ),
        at_the_end(no_more_alerts_than(1)),
    ),
)

SCENARIOS = (SCENARIO, FEW, DELETED)
