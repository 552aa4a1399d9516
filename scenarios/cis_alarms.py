"""The CIS benchmark's alarms: what raises each, and what must not."""

import json

from scenarios.cloud.iam.identity import ADMINISTRATOR
from scenarios.runner.actors import Actor
from scenarios.runner.checks import alert, no_more_alerts_than
from scenarios.runner.scenario import Scenario, at, at_the_end, by, holds, told

mallory = Actor(name="mallory", address="203.0.113.66")
deployer = Actor(name="deployer", address="198.51.100.8")

SCENARIO = Scenario(
    name="cis_alarms",
    title="A group is given administrator's rights; the alarm counts, the alert says who",
    lasts="30:00",
    when=told(
        at("00:00", mallory.calls("iam", "create_group", GroupName="helpers")),
        at(
            "00:20",
            mallory.calls(
                "iam",
                "put_group_policy",
                GroupName="helpers",
                PolicyName="all",
                PolicyDocument=json.dumps(ADMINISTRATOR),
            ),
        ),
    ),
    then=holds(
        by("20:00", alert("cis_alarms", "MEDIUM", "mallory", "203.0.113.66", "PutGroupPolicy", "CIS 4.4")),
        at_the_end(no_more_alerts_than(1)),
    ),
)

SCENARIOS = (SCENARIO,)
