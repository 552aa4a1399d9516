"""Data leaves through DNS; and what only looks like it."""

from scenarios.runner.scenario import Scenario, at, at_the_end, by
from scenarios.runner.words.actors import Actor
from scenarios.runner.words.checks import alert, no_more_alerts_than
from scenarios.runner.words.network import Server, long_names, looks_up, query_log

NAME = "dns_tunnel"
GROUP = "vpc/queries"
BEFORE = {"Resources": {"Queries": {"Type": "AWS::Logs::LogGroup", "Properties": {"LogGroupName": GROUP}}}}
WATCHED = (("DnsTunnelGroup", GROUP),)
taken, other = Server(name="taken"), Server(name="other")
mallory = Actor(name="mallory", address="203.0.113.66")

SCENARIO = Scenario(
    name="dns_tunnel",
    title="An instance sends data out in names that it looks up; the alert says which, under which domain",
    before=BEFORE,
    parameters=WATCHED,
    lasts="25:00",
    given=[taken.there(), other.there(), query_log(GROUP)],
    when=[
        at(
            "01:00",
            looks_up(taken, long_names("evil.example", 60), kind="TXT"),
            looks_up(taken, long_names("evil.example", 200, length=8)),  # short ones, to bring the mean down
        ),
        at("02:00", looks_up(other, long_names("bad.co.uk", 55))),
        at("12:00", looks_up(taken, long_names("evil.example", 80), kind="TXT")),
    ],
    then=[
        by(
            "11:30",
            alert(NAME, "HIGH", "evil.example", "60 different names", "type TXT", subject="60 long names"),
            alert(NAME, "HIGH", "bad.co.uk", subject="55 long names"),
        ),
        at_the_end(no_more_alerts_than(2, of=NAME)),
    ],
)

SILENT = Scenario(
    name="dns_tunnel.silent",
    title="Few, short, the same again, AWS's own, reverse, of many below co.uk, by order: no alert",
    before=BEFORE,
    parameters=(*WATCHED, ("DnsTunnelExpected", "scanner.example")),
    lasts="15:00",
    given=[taken.there(), query_log(GROUP)],
    when=[
        at(
            "01:00",
            looks_up(taken, long_names("evil.example", 49)),
            looks_up(taken, long_names("short.example", 60, length=8)),
            looks_up(taken, long_names("again.example", 1) * 60),
            looks_up(taken, long_names("s3.us-east-1.amazonaws.com", 60)),
            looks_up(taken, [f"{n}.0.0.10.in-addr.arpa" for n in range(60)], kind="PTR"),
            looks_up(taken, long_names("files.scanner.example", 60)),
            looks_up(taken, [name for n in range(12) for name in long_names(f"shop{n}.co.uk", 5)]),
        )
    ],
    then=[at_the_end(no_more_alerts_than(0, of=NAME))],
)

UNREAD = Scenario(
    name="dns_tunnel.unread",
    title="The log group is deleted: that nobody can be seen is told, once an hour",
    before=BEFORE,
    parameters=WATCHED,
    lasts="25:00",
    when=[at("01:00", mallory.calls("logs", "delete_log_group", logGroupName=GROUP))],
    then=[
        by("11:30", alert(NAME, "HIGH", f"there is no log group {GROUP}", subject="could not be asked")),
        at_the_end(no_more_alerts_than(1, of=NAME)),
    ],
)

SCENARIOS = (SCENARIO, SILENT, UNREAD)
READS = (("logs", "StartQuery"), ("logs", "GetQueryResults"))
READING = SCENARIO
