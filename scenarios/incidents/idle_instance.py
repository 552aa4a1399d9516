"""A host that does nothing is stopped by an alarm of its own, if a parameter of its stack says so."""

from scenarios.runner.scenario import Scenario, at, at_the_end, by, until
from scenarios.runner.words.actors import Actor
from scenarios.runner.words.checks import alert, in_time, no_more_alerts_than
from scenarios.runner.words.givens import no_looks_for_floods
from scenarios.runner.words.machines import WatchedHost

alice = Actor(name="alice", address="198.51.100.4")
web = WatchedHost(name="web-1")
busy = WatchedHost(name="web-2")

SCENARIO = Scenario(
    name="idle_instance",
    title="A host that does nothing for two hours is stopped by its alarm; one that works is not",
    given=(no_looks_for_floods(), web.there(), busy.there()),
    lasts="03:00:00",
    when=[
        at(
            "00:00",
            web.watched_by(alice, StopWhenIdle="yes"),
            busy.watched_by(alice, StopWhenIdle="yes"),
            web.works(cpu=0.4),
        ),
    ],
    then=[
        until("01:50:00", web.is_now("running")),
        by(
            "02:30:00",
            web.is_now("stopped"),
            alert("instance_state", "INFO", subject="is stopped"),
        ),
        at_the_end(busy.is_now("running"), in_time(no_more_alerts_than(1), late=no_more_alerts_than(2))),
    ],
)

LEFT = Scenario(
    name="idle_instance.left",
    title="Without the parameter that asks for it, an idle host goes on",
    given=(no_looks_for_floods(), web.there()),
    lasts="03:00:00",
    when=at("00:00", web.watched_by(alice), web.works(cpu=0.4)),
    then=at_the_end(web.is_now("running"), no_more_alerts_than(0)),
)

SCENARIOS = (SCENARIO, LEFT)
