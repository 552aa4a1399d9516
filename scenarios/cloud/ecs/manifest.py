"""Elastic Container Service as one value: logs of containers, Container Insights."""

from scenarios.cloud.ecs.laws import register
from scenarios.cloud.ecs.task_states import EVENTS
from scenarios.cloud.service import Service

SERVICE = Service(
    name="ecs",
    simulated=(
        "clusters, task definitions and tasks of Fargate as moto keeps them; what a scenario's containers "
        "write, by the awslogs driver; Container Insights' records of containers; events of tasks that run "
        "and stop"
    ),
    missing="what a container does; tasks on EC2's and others' hosts that log, other log drivers",
    events=EVENTS,
    register=register,
)
