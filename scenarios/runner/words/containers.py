"""Containers in a scenario: tasks of ECS on Fargate, and what they write."""

import json
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, Final

from scenarios.cloud.ecs.task_logs import SERVICE, TaskLogs
from scenarios.cloud.world import World
from scenarios.runner.scenario import Action, Given

_CLUSTER: Final = "services"


@dataclass(frozen=True, slots=True, kw_only=True)
class Task:
    """A task of Fargate with one container of its name, whose output goes to a log group.

    `group`: one that is there, or `makes_group`. `may_log`: whether its execution role may write there.
    `insights`: whether its cluster has Container Insights.
    """

    name: str
    group: str
    makes_group: bool = False
    may_log: bool = True
    insights: bool = False

    @property
    def cluster(self) -> str:
        """Its cluster's name, one for those with Container Insights and one for the others."""
        return f"{_CLUSTER}-insights" if self.insights else _CLUSTER

    def there(self) -> Given:
        """It runs when the scenario begins."""

        def do(world: World) -> None:
            ecs: Any = world.client(world.user("builder"), "ecs")
            value = "enabled" if self.insights else "disabled"
            ecs.create_cluster(
                clusterName=self.cluster, settings=[{"name": "containerInsights", "value": value}]
            )
            ecs.register_task_definition(
                family=self.name,
                requiresCompatibilities=["FARGATE"],
                networkMode="awsvpc",
                cpu="256",
                memory="512",
                executionRoleArn=self._role(world),
                containerDefinitions=[self._container(world)],
            )
            ec2: Any = world.client(world.user("builder"), "ec2")
            subnet = ec2.describe_subnets()["Subnets"][0]["SubnetId"]
            network = {"awsvpcConfiguration": {"subnets": [subnet], "securityGroups": []}}
            ecs.run_task(
                cluster=self.cluster,
                taskDefinition=self.name,
                launchType="FARGATE",
                networkConfiguration=network,
            )

        return Given(f"a task {self.name} runs on Fargate, and logs to {self.group}", do)

    def _role(self, world: World) -> str:
        iam: Any = world.client(world.user("builder"), "iam")
        trust = {"Effect": "Allow", "Principal": {"Service": SERVICE}, "Action": "sts:AssumeRole"}
        made = iam.create_role(RoleName=f"{self.name}-execution", AssumeRolePolicyDocument=_document(trust))
        if self.may_log:
            actions = ["logs:CreateLogStream", "logs:PutLogEvents", "logs:CreateLogGroup"]
            allowed = {"Effect": "Allow", "Action": actions, "Resource": "*"}
            iam.put_role_policy(
                RoleName=f"{self.name}-execution", PolicyName="logs", PolicyDocument=_document(allowed)
            )
        return str(made["Role"]["Arn"])

    def _container(self, world: World) -> dict[str, Any]:
        options = {
            "awslogs-group": self.group,
            "awslogs-region": world.deployment.home,
            "awslogs-stream-prefix": "app",
            **({"awslogs-create-group": "true"} if self.makes_group else {}),
        }
        return {
            "name": self.name,
            "image": f"{self.name}:1",
            "cpu": 256,
            "memory": 512,
            "logConfiguration": {"logDriver": "awslogs", "options": options},
        }

    def writes(self, lines: Iterable[str]) -> Action:
        """Its container writes these lines."""
        written = list(lines)

        def do(world: World) -> None:
            logs = world.setting.laws[TaskLogs]
            logs.writes(world.deployment.home, self.cluster, self.name, self.name, written)

        return Action(f"{self.name} writes {written[0]!r}", do)


def _document(statement: dict[str, Any]) -> str:
    return json.dumps({"Version": "2012-10-17", "Statement": [statement]})
