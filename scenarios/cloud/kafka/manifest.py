"""Amazon MSK as one value: what IAM, CloudTrail, CloudFormation and a world know of it."""

from scenarios.cloud.kafka.laws import register
from scenarios.cloud.kafka.permissions import PERMISSIONS
from scenarios.cloud.kafka.resources import KINDS
from scenarios.cloud.service import Service

SERVICE = Service(
    name="kafka",
    simulated=(
        "clusters that stand, by a template or as moto keeps them; topics and records that a scenario "
        "produces, and functions that read them"
    ),
    missing="Kafka's own protocol, configurations, replicators, what brokers measure and log",
    permissions=PERMISSIONS,
    kinds=KINDS,
    register=register,
)
