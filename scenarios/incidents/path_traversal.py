"""Somebody tries to leave a web server's folder; and what only looks like it."""

from scenarios.runner.scenario import Scenario, at, at_the_end, by
from scenarios.runner.words.checks import alert, no_more_alerts_than
from scenarios.runner.words.service_logs import visited

NAME = "path_traversal"
GROUP = "shop/access"
BEFORE = {"Resources": {"Access": {"Type": "AWS::Logs::LogGroup", "Properties": {"LogGroupName": GROUP}}}}
WATCHED = (("PathTraversalGroup", GROUP),)
MALLORY, OTHER, SCANNER = "203.0.113.66", "198.51.100.23", "192.0.2.9"
TRIED = (
    "/../../../etc/passwd",
    "/..%2f..%2f..%2fetc/passwd",
    "/%252e%252e%252fetc/passwd",
    "/%c0%ae%c0%ae/%c0%ae%c0%ae/etc/passwd",
)

SCENARIO = Scenario(
    name="path_traversal",
    title="Two clients try to leave the folder in four spellings; the one that was answered is told HIGH",
    before=BEFORE,
    parameters=WATCHED,
    lasts="25:00",
    when=[
        at(
            "01:00",
            visited(GROUP, MALLORY, TRIED, status=404),
            visited(GROUP, MALLORY, ["/img?file=..%2f..%2f..%2fetc%2fpasswd"]),
            visited(GROUP, OTHER, TRIED[:2], status=403),
        ),
        at("12:00", visited(GROUP, OTHER, TRIED, status=403)),
    ],
    then=[
        by(
            "11:30",
            alert(NAME, "HIGH", MALLORY, "/img?file=", "(200)", subject="5 times, and was answered"),
            alert(NAME, "MEDIUM", OTHER, "climbs to a file", "encoded", subject="2 times, and was refused"),
        ),
        at_the_end(no_more_alerts_than(2, of=NAME)),
    ],
)

SILENT = Scenario(
    name="path_traversal.silent",
    title="Dots in names, a step below the root, one step up in a parameter, by order: no alert",
    before=BEFORE,
    parameters=(*WATCHED, ("PathTraversalExpected", SCANNER)),
    lasts="15:00",
    when=[
        at(
            "01:00",
            visited(
                GROUP,
                MALLORY,
                ["/compare/v1..v2", "/docs/a/../b", "/login?next=..%2Fbasket", "/years/2020...2021"],
            ),
            visited(GROUP, MALLORY, ["/a%2fb", "/100%25"]),
            visited(GROUP, SCANNER, TRIED),
        )
    ],
    then=[at_the_end(no_more_alerts_than(0, of=NAME))],
)

SCENARIOS = (SCENARIO, SILENT)
READS = (("logs", "StartQuery"), ("logs", "GetQueryResults"))
READING = SCENARIO
