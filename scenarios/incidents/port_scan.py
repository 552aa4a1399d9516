"""Somebody tries ports, inside the network and from the internet; and what only looks like that."""

from scenarios.runner.scenario import Scenario, at, at_the_end, by
from scenarios.runner.words.checks import alert, no_more_alerts_than
from scenarios.runner.words.network import Server, connects, flow_log

NAME = "port_scan"
GROUP = "vpc/flow-logs"
BEFORE = {"Resources": {"Flows": {"Type": "AWS::Logs::LogGroup", "Properties": {"LogGroupName": GROUP}}}}
WATCHED = (("PortScanGroup", GROUP),)
MALLORY, OTHER = "203.0.113.66", "198.51.100.23"

web = Server(name="web", open=(443,))
batch = Server(name="batch")
shop = Server(name="shop", open=(8080,))

SCENARIO = Scenario(
    name="port_scan",
    title="A server that somebody took over tries the ports of its neighbours; one lets it in",
    before=BEFORE,
    parameters=WATCHED,
    lasts="25:00",
    given=[web.there(), batch.there(), shop.there(), flow_log(GROUP)],
    when=[
        at("01:00", connects(batch, [web, shop], range(20, 40))),
        at("01:30", connects(batch, [web], [443])),
    ],
    then=[
        by(
            "11:30",
            alert(NAME, "HIGH", "20 ports of 2 hosts, 40 refusals", ":443", "describe-network-interfaces"),
        ),
        at_the_end(no_more_alerts_than(1, of=NAME)),
    ],
)

OUTSIDE = Scenario(
    name="port_scan.outside",
    title="Two addresses of the internet try ports; they are told together, once an hour",
    before=BEFORE,
    parameters=WATCHED,
    lasts="25:00",
    given=[web.there(), shop.there(), flow_log(GROUP)],
    when=[
        at("01:00", connects(MALLORY, [web], range(1000, 1030)), connects(OTHER, [shop], range(1, 26))),
        at("12:00", connects(MALLORY, [shop], range(1000, 1030))),
    ],
    then=[
        by("11:30", alert(NAME, "MEDIUM", MALLORY, OTHER, subject="2 addresses outside")),
        at_the_end(no_more_alerts_than(1, of=NAME)),
    ],
)

neighbours = tuple(Server(name=f"worker-{number}") for number in range(1, 6))

WIDE = Scenario(
    name="port_scan.wide",
    title="A server that somebody took over tries one port of as many neighbours as are set: one alert",
    before=BEFORE,
    parameters=(*WATCHED, ("PortScanHosts", str(len(neighbours)))),
    lasts="25:00",
    given=[batch.there(), *(each.there() for each in neighbours), flow_log(GROUP)],
    when=[at("01:00", connects(batch, neighbours, [22]))],
    then=[
        by("11:30", alert(NAME, "HIGH", f"1 port of {len(neighbours)} hosts")),
        at_the_end(no_more_alerts_than(1, of=NAME)),
    ],
)

SILENT = Scenario(
    name="port_scan.silent",
    title="One port less, by order, many clients of one port, late answers, a client of many: no alert",
    before=BEFORE,
    parameters=(*WATCHED, ("PortScanExpected", f"{OTHER},192.0.2.0/24")),
    lasts="25:00",
    given=[web.there(), batch.there(), shop.there(), flow_log(GROUP)],
    when=[
        at(
            "01:00",
            connects(MALLORY, [web], range(2000, 2019)),
            connects(OTHER, [web], range(1000, 1030)),
            connects("192.0.2.99", [shop], range(1000, 1030)),
            *(connects(f"198.18.0.{number}", [web], [22]) for number in range(1, 6)),
            *(connects(web, [f"198.18.1.{number}"], [443]) for number in range(1, 26)),
            *(connects("198.18.2.1", [batch], [port], source_port=443) for port in range(40000, 40025)),
        )
    ],
    then=[at_the_end(no_more_alerts_than(0, of=NAME))],
)

UNREAD = Scenario(
    name="port_scan.unread",
    title="The flow log may not deliver: that no record comes is told, once",
    before=BEFORE,
    parameters=WATCHED,
    lasts="25:00",
    loses=True,  # what a flow log may not deliver is kept nowhere
    given=[web.there(), flow_log(GROUP, may_deliver=False)],
    when=[at("01:00", connects(MALLORY, [web], range(1000, 1030)))],
    then=[
        by("11:30", alert(NAME, "MEDIUM", "no record of the last half hour", subject="No flow log reaches")),
        at_the_end(no_more_alerts_than(1, of=NAME)),
    ],
)

OTHER_FIELDS = Scenario(
    name="port_scan.other_fields",
    title="The flow log has fields of its owner's choice, in which nothing can be found: that is told",
    before=BEFORE,
    parameters=WATCHED,
    lasts="15:00",
    given=[web.there(), flow_log(GROUP, log_format="${vpc-id} ${srcaddr} ${dstport} ${action}")],
    when=[at("01:00", connects(MALLORY, [web], range(1000, 1030)))],
    then=[by("11:30", alert(NAME, "MEDIUM", "default fields", subject="can't be read"))],
)

SCENARIOS = (SCENARIO, OUTSIDE, WIDE, SILENT, UNREAD, OTHER_FIELDS)
READS = (("logs", "StartQuery"), ("logs", "GetQueryResults"))
READING = SCENARIO
