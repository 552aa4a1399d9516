"""A simulated week of alarms and log events: how long it takes, and how that grows with each.

Beside it stands the same week with every alarm looked at every minute, as CloudWatch itself does it.
"""

import json
import sys
import time
from datetime import timedelta

from scenarios.cloud.deployment import START, Deployment
from scenarios.cloud.world import World

WEEK = timedelta(days=7)
GROUP = "app"


def template(alarms):
    resources = {"Group": {"Type": "AWS::Logs::LogGroup", "Properties": {"LogGroupName": GROUP}}}
    for number in range(alarms):
        resources[f"Filter{number}"] = {
            "Type": "AWS::Logs::MetricFilter",
            "Properties": {
                "LogGroupName": {"Ref": "Group"},
                "FilterPattern": f"{{ $.code = {number} }}",
                "MetricTransformations": [
                    {"MetricName": f"m{number}", "MetricNamespace": "bench", "MetricValue": "1"}
                ],
            },
        }
        resources[f"Alarm{number}"] = {
            "Type": "AWS::CloudWatch::Alarm",
            "Properties": {
                "Namespace": "bench",
                "MetricName": f"m{number}",
                "Statistic": "Sum",
                "Period": 60,
                "EvaluationPeriods": 1,
                "Threshold": 3,
                "ComparisonOperator": "GreaterThanOrEqualToThreshold",
                "TreatMissingData": "notBreaching",
            },
        }
    return json.dumps({"Resources": resources})


def week(alarms, events, *, naive=False):
    """Seconds for a week; how many alarms changed and how many looks were taken."""
    with World(Deployment(template=template(alarms))) as world:
        world.cloudwatch._evaluations._naive = naive
        minutes = int(WEEK.total_seconds() // 60)

        def write(minute):
            first, last = minute * events // minutes, (minute + 1) * events // minutes
            # Bursts: each minute's events are of one code, so that alarms go off and come back.
            lines = [
                (world.clock.now, json.dumps({"code": minute % alarms, "n": number}))
                for number in range(first, last)
            ]
            if lines:
                world.logs.write("us-east-1", GROUP, "s", lines)
            if minute + 1 < minutes:
                world.clock.at(START + timedelta(minutes=minute + 1), lambda: write(minute + 1))

        world.clock.at(START, lambda: write(0))
        began = _now()
        world.run(WEEK.total_seconds())
        return _now() - began, len(world.cloudwatch.changes), world.cloudwatch._evaluations.looks


def _now():
    """Real seconds: a world's clock would tell simulated ones."""
    return time.clock_gettime(time.CLOCK_MONOTONIC)


def main():
    say("alarms  log events  seconds  changes     looks")
    for alarms, events in ((50, 100_000), (25, 100_000), (100, 100_000), (50, 50_000), (50, 200_000)):
        say(row(alarms, events, *week(alarms, events)))
    say(f"{row(50, 100_000, *week(50, 100_000, naive=True))}  every alarm looked at every minute")


def row(alarms, events, seconds, changes, looks):
    return f"{alarms:>6} {events:>11,} {seconds:>8.1f} {changes:>8,} {looks:>9,}"


def say(line):
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()


if __name__ == "__main__":
    main()
