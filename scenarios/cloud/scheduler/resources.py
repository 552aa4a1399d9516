"""AWS::Scheduler: schedules.

Source: https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/aws-resource-scheduler-schedule.html
"""

from collections.abc import Mapping

from scenarios.cloud.cloudformation.resources.kind import Identity, Kind, Order, Removal
from scenarios.cloud.cloudformation.resources.shapes import Refused, Shape, Text, Whole, arn
from scenarios.cloud.kernel.stack import Resource

SCHEDULE = Shape(
    fields={
        "Description": Text(),
        "FlexibleTimeWindow": Shape(fields={"Mode": Text()}, required=("Mode",)),
        "GroupName": Text(),
        "KmsKeyArn": Refused(because="encrypted schedules"),
        "Name": Text(),
        "ScheduleExpression": Text(),
        "ScheduleExpressionTimezone": Text(),
        "State": Text(),
        "Target": Shape(
            fields={
                "Arn": arn("events"),
                "EventBridgeParameters": Shape(
                    fields={"DetailType": Text(), "Source": Text()}, required=("DetailType", "Source")
                ),
                "Input": Text(),
                "RetryPolicy": Shape(
                    fields={"MaximumEventAgeInSeconds": Whole(), "MaximumRetryAttempts": Whole()}
                ),
                "RoleArn": arn("iam"),
            },
            required=("Arn", "RoleArn"),
        ),
    },
    required=("FlexibleTimeWindow", "ScheduleExpression", "Target"),
)


_GIVEN = (
    "Description",
    "FlexibleTimeWindow",
    "GroupName",
    "ScheduleExpression",
    "ScheduleExpressionTimezone",
    "State",
    "Target",
)


def create_schedule(order: Order) -> Identity:
    """Create a schedule."""
    name = order.name("Name", 64)
    made = order.client("scheduler").create_schedule(Name=name, **order.pick(*_GIVEN))
    return Identity(ref=name, attributes={"Arn": made["ScheduleArn"]})


def delete_schedule(removal: Removal) -> None:
    """Delete a schedule."""
    where = {name: removal.properties[name] for name in ("GroupName",) if name in removal.properties}
    removal.client("scheduler").delete_schedule(Name=removal.ref, **where)


def update_schedule(order: Order, before: Resource) -> Identity:
    """Say the whole schedule again: what is left out of UpdateSchedule falls back to its default."""
    order.client("scheduler").update_schedule(Name=before.physical_id, **order.pick(*_GIVEN))
    return Identity(ref=before.physical_id, attributes=before.attributes)


KINDS: Mapping[str, Kind] = {
    "AWS::Scheduler::Schedule": Kind(
        shape=SCHEDULE, create=create_schedule, delete=delete_schedule, update=update_schedule
    )
}
