"""A host is overloaded: CPU and disk at once."""

from scenarios.runner.scenario import Scenario, at, at_the_end, by, until
from scenarios.runner.words.actors import Actor
from scenarios.runner.words.checks import alert, no_more_alerts_than, unless_it_dies
from scenarios.runner.words.givens import no_looks_for_floods
from scenarios.runner.words.machines import WatchedHost
from scenarios.runner.words.outages import throttles

alice = Actor(name="alice", address="198.51.100.4")
web = WatchedHost(name="web-1")

SCENARIO = Scenario(
    name="host_pressure",
    title="First the CPU is busy, then the disk fills up: one alert, when both are above their thresholds",
    given=(no_looks_for_floods(), web.there()),
    lasts="01:30:00",
    when=[
        at("00:00", web.watched_by(alice)),
        at("10:00", web.works(cpu=75)),
        at("25:00", web.fills(disk=80)),
        at("40:00", web.fills(disk=90)),
        at("01:00:00", web.works(cpu=5)),
    ],
    then=[
        until("39:59", no_more_alerts_than(0)),
        by("55:00", alert("host_pressure", "MEDIUM", "CPUUtilization", "disk_used_percent", "i-")),
        at_the_end(no_more_alerts_than(1)),
    ],
)

ALONE = Scenario(
    name="host_pressure.alone",
    title="A busy CPU alone, then a full disk alone: no alert is sent",
    given=(no_looks_for_floods(), web.there()),
    lasts="01:30:00",
    when=[
        at("00:00", web.watched_by(alice)),
        at("10:00", web.works(cpu=91)),
        at("40:00", web.works(cpu=5)),
        at("01:00:00", web.fills(disk=95)),
    ],
    then=at_the_end(no_more_alerts_than(0)),
)

BUSY = Scenario(
    name="host_pressure.busy",
    title="CloudWatch throttles a look at the parts: that is said at once, and what they saw once it answers",
    given=(web.there(),),
    lasts="01:00:00",
    when=[
        at("00:00", web.watched_by(alice)),
        at(
            "10:00", web.works(cpu=75), web.fills(disk=90), throttles("cloudwatch", "DescribeAlarms", calls=2)
        ),
    ],
    then=[
        by(
            "25:00",
            unless_it_dies(alert("host_pressure", "MEDIUM", "Could not look", "Rate exceeded", "i-")),
        ),
        by(
            "27:00",
            unless_it_dies(
                alert("host_pressure", "MEDIUM", "this is what it has seen now", "disk_used_percent")
            ),
        ),
        at_the_end(alert("host_pressure", "MEDIUM", "CPUUtilization", "i-"), no_more_alerts_than(2)),
    ],
)

SCENARIOS = (SCENARIO, ALONE, BUSY)
