"""Environments of Elastic Beanstalk in a scenario, and what their application writes."""

import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any, Final

from scenarios.cloud.elasticbeanstalk.environments import Environments
from scenarios.cloud.world import World
from scenarios.runner.scenario import Action, Given
from scenarios.service_logs.visits import Visit

_TRUST: Final = {"Effect": "Allow", "Principal": {"Service": "ec2.amazonaws.com"}, "Action": "sts:AssumeRole"}
# What AWSElasticBeanstalkWebTier allows of CloudWatch Logs.
_MAY_LOG: Final = {
    "Effect": "Allow",
    "Action": [
        *("logs:PutLogEvents", "logs:CreateLogStream"),
        *("logs:DescribeLogStreams", "logs:DescribeLogGroups"),
    ],
    "Resource": "arn:aws:logs:*:*:log-group:/aws/elasticbeanstalk*",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class BeanstalkEnvironment:
    """An environment of Node.js, whose instance streams its logs to `/aws/elasticbeanstalk/NAME/var/log/...`.

    `may_log`: whether its instance profile may write there; where not, the timeline says so. `balanced`:
    whether a load balancer is before the instance.
    """

    name: str
    may_log: bool = True
    balanced: bool = True

    def there(self) -> Given:
        """It is made when the scenario begins; its instance runs within a minute."""

        def do(world: World) -> None:
            beanstalk: Any = world.client(world.user("builder"), "elasticbeanstalk")
            beanstalk.create_application(ApplicationName=self.name)
            settings = {
                ("aws:elasticbeanstalk:cloudwatch:logs", "StreamLogs"): "true",
                ("aws:autoscaling:launchconfiguration", "IamInstanceProfile"): self._profile(world),
                ("aws:elasticbeanstalk:environment", "EnvironmentType"): (
                    "LoadBalanced" if self.balanced else "SingleInstance"
                ),
            }
            beanstalk.create_environment(
                ApplicationName=self.name,
                EnvironmentName=self.name,
                SolutionStackName="64bit Amazon Linux 2023 v6.6.0 running Node.js 22",
                OptionSettings=[
                    {"Namespace": namespace, "OptionName": option, "Value": value}
                    for (namespace, option), value in settings.items()
                ],
            )

        return Given(f"an environment {self.name} of Elastic Beanstalk, which streams its logs", do)

    def _profile(self, world: World) -> str:
        iam: Any = world.client(world.user("builder"), "iam")
        name = f"{self.name}-instances"
        iam.create_role(RoleName=name, AssumeRolePolicyDocument=_document(_TRUST))
        if self.may_log:
            iam.put_role_policy(RoleName=name, PolicyName="logs", PolicyDocument=_document(_MAY_LOG))
        iam.create_instance_profile(InstanceProfileName=name)
        iam.add_role_to_instance_profile(InstanceProfileName=name, RoleName=name)
        return name

    def take(self, world: World, visits: Sequence[Visit]) -> None:
        """Requests reach it."""
        world.setting.laws[Environments].asked(world.deployment.home, self.name, visits)

    def writes(self, lines: Iterable[str]) -> Action:
        """Its application writes these lines to its output."""
        written = list(lines)

        def do(world: World) -> None:
            world.setting.laws[Environments].writes(world.deployment.home, self.name, written)

        return Action(f"{self.name} writes {written[0]!r}", do)


def _document(statement: dict[str, Any]) -> str:
    return json.dumps({"Version": "2012-10-17", "Statement": [statement]})
