"""A host is overloaded: CPU and disk at once."""

from scenarios.runner.scenario import Scenario, at, at_the_end, by, until
from scenarios.runner.words.actors import Actor
from scenarios.runner.words.checks import alert, no_more_alerts_than
from scenarios.runner.words.machines import WatchedHost

alice = Actor(name="alice", address="198.51.100.4")
web = WatchedHost(name="web-1")

SCENARIO = Scenario(
    name="host_pressure",
    title="First the CPU is busy, then the disk fills up: one alert, when both are above their thresholds",
    given=(web.there(),),
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
    given=(web.there(),),
    lasts="01:30:00",
    when=[
        at("00:00", web.watched_by(alice)),
        at("10:00", web.works(cpu=91)),
        at("40:00", web.works(cpu=5)),
        at("01:00:00", web.fills(disk=95)),
    ],
    then=at_the_end(no_more_alerts_than(0)),
)

SCENARIOS = (SCENARIO, ALONE)
