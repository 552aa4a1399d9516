"""CodeBuild as one value: what IAM, CloudTrail, CloudFormation and a world know of it."""

from scenarios.cloud.codebuild.builds import EVENTS
from scenarios.cloud.codebuild.laws import register
from scenarios.cloud.codebuild.permissions import PERMISSIONS
from scenarios.cloud.codebuild.resources import KINDS
from scenarios.cloud.service import Service

SERVICE = Service(
    name="codebuild",
    simulated=(
        "projects as moto keeps them; builds that stand until a scenario ends them, somebody stops them, or "
        "their time is up, and the events of their states"
    ),
    missing="what a build does: sources, logs, artifacts, reports; batches, webhooks; events of phases",
    permissions=PERMISSIONS,
    kinds=KINDS,
    events=EVENTS,
    register=register,
)
