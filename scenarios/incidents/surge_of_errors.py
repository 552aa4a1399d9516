"""A web service fails, or one client is refused again and again; and what only looks like it."""

from scenarios.runner.scenario import Scenario, at, at_the_end, by
from scenarios.runner.words.checks import alert, no_more_alerts_than
from scenarios.runner.words.service_logs import visited

NAME = "surge_of_errors"
GROUP = "shop/access"
BEFORE = {"Resources": {"Access": {"Type": "AWS::Logs::LogGroup", "Properties": {"LogGroupName": GROUP}}}}
WATCHED = (("SurgeOfErrorsGroup", GROUP),)
MALLORY, ALICE, BOB, SCANNER = "203.0.113.66", "198.51.100.4", "198.51.100.23", "192.0.2.9"

SCENARIO = Scenario(
    name="surge_of_errors",
    title="The basket of a shop fails, and somebody guesses paths; the alerts say which clients and paths",
    before=BEFORE,
    parameters=WATCHED,
    lasts="35:00",
    when=[
        at(
            "06:00",
            visited(GROUP, ALICE, ["/basket"], status=502, times=40),
            visited(GROUP, BOB, ["/basket?id=7"], status=503, times=20),
            visited(GROUP, ALICE, ["/"], times=100),
            visited(GROUP, MALLORY, [f"/admin/{number}" for number in range(120)], status=404),
        )
    ],
    then=[
        by(
            "21:30",
            alert(
                NAME,
                "HIGH",
                f"{ALICE} (40)",
                f"{BOB} (20)",
                "/basket (502) (40)",
                subject="60 of 280 requests",
            ),
            alert(NAME, "MEDIUM", "120 different", "404", subject=f"{MALLORY} was refused 120 times"),
        ),
        at_the_end(no_more_alerts_than(2, of=NAME)),
    ],
)

SILENT = Scenario(
    name="surge_of_errors.silent",
    title="Too few, few beside all, one path that moved, by order: no alert",
    before=BEFORE,
    parameters=(*WATCHED, ("SurgeOfErrorsExpected", SCANNER)),
    lasts="35:00",
    when=[
        at(
            "06:00",
            visited(GROUP, ALICE, ["/basket"], status=500, times=49),
            visited(GROUP, BOB, ["/old/logo.png"], status=404, times=150),
            visited(GROUP, SCANNER, [f"/admin/{number}" for number in range(120)], status=404),
            visited(GROUP, MALLORY, [f"/admin/{number}" for number in range(99)], status=404),
        ),
        at(
            "16:00",
            visited(GROUP, ALICE, ["/basket"], status=500, times=55),
            visited(GROUP, BOB, ["/"], times=600),
        ),
    ],
    then=[at_the_end(no_more_alerts_than(0, of=NAME))],
)

SCENARIOS = (SCENARIO, SILENT)
READS = (("logs", "StartQuery"), ("logs", "GetQueryResults"))
READING = SCENARIO
