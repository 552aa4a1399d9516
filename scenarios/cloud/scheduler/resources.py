"""AWS::Scheduler: schedules.

Source: https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/aws-resource-scheduler-schedule.html
"""

from collections.abc import Mapping

from scenarios.cloud.cloudformation.resources.kind import Identity, Kind, Order, Removal
from scenarios.cloud.cloudformation.resources.shapes import TAGS, Refused, Shape, Text, Whole, arn
from scenarios.cloud.kernel.stack import Resource

SCHEDULE = Shape(
    fields={
        "Description": Text(),
        "EndDate": Text(),
        "FlexibleTimeWindow": Shape(
            fields={"MaximumWindowInMinutes": Whole(), "Mode": Text()}, required=("Mode",)
        ),
        "GroupName": Text(),
        "KmsKeyArn": Refused(because="encrypted schedules"),
        "Name": Text(),
        "ScheduleExpression": Text(),
        "ScheduleExpressionTimezone": Text(),
        "StartDate": Text(),
        "State": Text(),
        "Target": Shape(
            fields={
                "Arn": Text(),
                "DeadLetterConfig": Shape(fields={"Arn": arn("sqs")}),
                "EcsParameters": Refused(because="tasks"),
                "EventBridgeParameters": Shape(
                    fields={"DetailType": Text(), "Source": Text()}, required=("DetailType", "Source")
                ),
                "Input": Text(),
                "KinesisParameters": Shape(fields={"PartitionKey": Text()}, required=("PartitionKey",)),
                "RetryPolicy": Shape(
                    fields={"MaximumEventAgeInSeconds": Whole(), "MaximumRetryAttempts": Whole()}
                ),
                "RoleArn": arn("iam"),
                "SageMakerPipelineParameters": Refused(because="pipelines"),
                "SqsParameters": Shape(fields={"MessageGroupId": Text()}),
            },
            required=("Arn", "RoleArn"),
        ),
    },
    required=("FlexibleTimeWindow", "ScheduleExpression", "Target"),
)


GROUP = Shape(fields={"Name": Text(), "Tags": TAGS})

_GIVEN = (
    "Description",
    "EndDate",
    "FlexibleTimeWindow",
    "GroupName",
    "ScheduleExpression",
    "ScheduleExpressionTimezone",
    "StartDate",
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


def create_group(order: Order) -> Identity:
    """Create a group of schedules."""
    name = order.name("Name", 64)
    made = order.client("scheduler").create_schedule_group(Name=name)
    return Identity(ref=name, attributes={"Arn": made["ScheduleGroupArn"]})


def delete_group(removal: Removal) -> None:
    """Delete a group with all of its schedules."""
    removal.client("scheduler").delete_schedule_group(Name=removal.ref)


KINDS: Mapping[str, Kind] = {
    "AWS::Scheduler::ScheduleGroup": Kind(shape=GROUP, create=create_group, delete=delete_group),
    "AWS::Scheduler::Schedule": Kind(
        shape=SCHEDULE, create=create_schedule, delete=delete_schedule, update=update_schedule
    ),
}
