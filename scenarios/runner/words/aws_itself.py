"""Events and metrics of AWS itself, put by hand where no service of the simulated AWS emits them.

On AWS only the service can send them: PutEvents refuses a source that begins with `aws.`, PutMetricData a
namespace that begins with `AWS/`. An event has the shape that the service's page documents.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from difflib import get_close_matches
from functools import partial
from typing import Any

from scenarios.cloud.eventbridge.buses import DEFAULT_BUS
from scenarios.cloud.eventbridge.partners import ACTIVE
from scenarios.cloud.services import REGISTRY
from scenarios.cloud.world import World
from scenarios.runner.scenario import Action

_PARTNER = "aws.partner/"


@dataclass(frozen=True, slots=True, kw_only=True)
class _Documented:
    """An event that some service is documented to send. `fields`: of `detail`, what each of them has.

    `page`: where AWS shows one, below https://docs.aws.amazon.com/.
    """

    source: str
    detail_type: str
    fields: tuple[str, ...]
    page: str


def _auto_scaling(what: str) -> _Documented:
    fields = ("AutoScalingGroupName", "ActivityId", "EC2InstanceId", "StatusCode", "RequestId", "Cause")
    page = "autoscaling/ec2/userguide/ec2-auto-scaling-event-reference.html"
    return _Documented(source="aws.autoscaling", detail_type=f"EC2 Instance {what}", fields=fields, page=page)


def _hook(what: str) -> _Documented:
    fields = ("LifecycleActionToken", "AutoScalingGroupName", "LifecycleHookName", "EC2InstanceId")
    page = "autoscaling/ec2/userguide/ec2-auto-scaling-event-reference.html"
    kind = f"EC2 Instance-{what} Lifecycle Action"
    return _Documented(
        source="aws.autoscaling", detail_type=kind, fields=(*fields, "LifecycleTransition"), page=page
    )


def _archived(what: str) -> _Documented:
    page = "AmazonS3/latest/userguide/ev-events.html"
    fields = ("version", "bucket", "object", "request-id", "requester")
    return _Documented(source="aws.s3", detail_type=f"Object {what}", fields=fields, page=page)


DOCUMENTED = (
    *(_auto_scaling(f"Launch {how}") for how in ("Successful", "Unsuccessful")),
    *(_auto_scaling(f"Terminate {how}") for how in ("Successful", "Unsuccessful")),
    *(_hook(what) for what in ("launch", "terminate")),
    *(_archived(f"Restore {what}") for what in ("Initiated", "Completed", "Expired")),
    _archived("Access Tier Changed"),
    _Documented(
        source="aws.codebuild",
        detail_type="CodeBuild Build State Change",
        fields=("build-status", "project-name", "build-id", "additional-information"),
        page="codebuild/latest/userguide/sample-build-notifications.html",
    ),
    _Documented(
        source="aws.codebuild",
        detail_type="CodeBuild Build Phase Change",
        fields=("completed-phase", "project-name", "build-id", "completed-phase-status"),
        page="codebuild/latest/userguide/sample-build-notifications.html",
    ),
    _Documented(
        source="aws.codepipeline",
        detail_type="CodePipeline Pipeline Execution State Change",
        fields=("pipeline", "state", "execution-id"),
        page="codepipeline/latest/userguide/detect-state-changes-cloudwatch-events.html",
    ),
    _Documented(
        source="aws.ecs",
        detail_type="ECS Task State Change",
        fields=("clusterArn", "taskArn", "taskDefinitionArn", "lastStatus", "desiredStatus"),
        page="AmazonECS/latest/developerguide/ecs_task_events.html",
    ),
    _Documented(
        source="aws.ecs",
        detail_type="ECS Container Instance State Change",
        fields=("clusterArn", "containerInstanceArn", "ec2InstanceId", "status"),
        page="AmazonECS/latest/developerguide/ecs_container_instance_events.html",
    ),
    _Documented(
        source="aws.health",
        detail_type="AWS Health Event",
        fields=("eventArn", "service", "eventTypeCode", "eventTypeCategory", "startTime", "eventDescription"),
        page="health/latest/ug/aws-health-events-eventbridge-schema.html",
    ),
    _Documented(
        source="aws.guardduty",
        detail_type="GuardDuty Finding",
        fields=("accountId", "region", "id", "arn", "type", "resource", "service", "severity"),
        page="guardduty/latest/ug/guardduty_findings_eventbridge.html",
    ),
    _Documented(
        source="aws.securityhub",
        detail_type="Security Hub Findings - Imported",
        fields=("findings",),
        page="securityhub/latest/userguide/securityhub-cwe-event-formats.html",
    ),
    _Documented(
        source="aws.securityhub",
        detail_type="Security Hub Findings - Custom Action",
        fields=("actionName", "actionDescription", "findings"),
        page="securityhub/latest/userguide/securityhub-cwe-event-formats.html",
    ),
    _Documented(
        source="aws.config",
        detail_type="Config Rules Compliance Change",
        fields=("resourceId", "resourceType", "configRuleName", "newEvaluationResult", "messageType"),
        page="config/latest/developerguide/monitor-config-with-cloudwatchevents.html",
    ),
    _Documented(
        source="aws.inspector2",
        detail_type="Inspector2 Finding",
        fields=("findingArn", "severity", "status", "type", "resources"),
        page="inspector/latest/user/eventbridge-integration.html",
    ),
    _Documented(
        source="aws.ec2",
        detail_type="EC2 Spot Instance Interruption Warning",
        fields=("instance-id", "instance-action"),
        page="AWSEC2/latest/UserGuide/spot-instance-termination-notices.html",
    ),
    _Documented(
        source="aws.ec2",
        detail_type="EC2 Instance Rebalance Recommendation",
        fields=("instance-id",),
        page="AWSEC2/latest/UserGuide/rebalance-recommendations.html",
    ),
)


def aws_tells(
    source: str,
    detail_type: str,
    detail: Mapping[str, Any],
    *,
    resources: Sequence[str] = (),
    region: str = "",
    words: str = "",
) -> Action:
    """An event of a service that is not simulated, on the default bus; a partner's, on the bus of its name.

    A partner's event is lost while its source is not active, as on AWS.

    Raises ValueError for an event that no service is documented to send, or one without a documented field.
    """
    _check(source, detail_type, detail)

    def do(world: World) -> None:
        where = region or world.deployment.home
        if source.startswith(_PARTNER) and world.eventbridge.partners.state(where, source) != ACTIVE:
            world.setting.note("lost", f"an event of {source}, whose source is not active")
            return
        event = world.setting.service_event(where, source, detail_type, resources, detail)
        bus = source if source.startswith(_PARTNER) else DEFAULT_BUS
        world.eventbridge.emit(where, event, bus)

    return Action(words or f"{source} tells: {detail_type}", do)


def aws_measures(
    namespace: str, metric: str, value: float, *, unit: str = "None", region: str = "", **dimensions: str
) -> Action:
    """A sample of a metric in a namespace of AWS's own, measured now. Again and again: several of these."""

    def do(world: World) -> None:
        put = partial(world.cloudwatch.store(region or world.deployment.home).put, namespace, metric)
        put(dimensions, value=value, unit=unit, timestamp=world.clock.now)

    by = f" of {', '.join(dimensions.values())}" if dimensions else ""
    return Action(f"{namespace} {metric}{by} is {value:g}", do)


def _check(source: str, detail_type: str, detail: Mapping[str, Any]) -> None:
    if source.startswith(_PARTNER):
        return
    known = {(each.source, each.detail_type): each for each in DOCUMENTED}
    emitted = {pair for pair in REGISTRY.emitted.events if pair[0]}
    pair = (source, detail_type)
    if pair not in known and pair not in emitted:
        names = [f"{source}: {kind}" for source, kind in sorted({*known, *emitted})]
        near = get_close_matches(f"{source}: {detail_type}", names, n=1)
        hint = f"; {near[0]!r} is" if near else ""
        raise ValueError(f"'{source}: {detail_type}' is no event that a service is known to send{hint}")
    missing = [name for name in known[pair].fields if name not in detail] if pair in known else []
    if missing:
        page = f"https://docs.aws.amazon.com/{known[pair].page}"
        raise ValueError(f"{detail_type} has {', '.join(missing)} in its detail, as {page} shows")
