"""Environments of Elastic Beanstalk: an instance with nginx before the application, whose logs are streamed.

With `StreamLogs` Elastic Beanstalk makes a log group for each log of the platform, kept 7 days or as
`RetentionInDays` says, and installs the CloudWatch agent on the instance. The agent sends under the role of
the instance profile to a stream with the instance's id: it needs `logs:CreateLogStream` and
`logs:PutLogEvents`. Behind the environment's load balancer nginx sees that one's address, and the client's
in `X-Forwarded-For`; an environment of a single instance has none. What is asked, and what the application
writes, a scenario says.

Left out, and loud: rotated logs in S3 (`LogPublicationControl`), the health log, more instances than one,
saved configurations, other platforms' logs. Left out: what a source bundle's `.ebextensions` say, and that
who makes an environment must be allowed what Elastic Beanstalk does for it.

Unconfirmed, as no page says: that the agent has no format for times, so that a line is of the time it was
read; the port that the application has, as 8080 is not every platform's; which logs of these platforms are
streamed, and that hooks have no log group; what stands before an application's line (`web[2345]:`); the load
balancer's address; the code and the words for an option's bad value. Nor does a page name the objects that
rotated logs are in S3, or say when a platform rotates them.

Sources: https://docs.aws.amazon.com/elasticbeanstalk/latest/dg/AWSHowTo.cloudwatchlogs.html,
https://docs.aws.amazon.com/elasticbeanstalk/latest/dg/using-features.logging.html,
https://docs.aws.amazon.com/elasticbeanstalk/latest/dg/command-options-general.html (defaults, days kept),
https://docs.aws.amazon.com/elasticbeanstalk/latest/dg/concepts-roles-instance.html,
https://docs.aws.amazon.com/elasticbeanstalk/latest/dg/using-features.tagging.html
"""

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any, Final

from scenarios.cloud.agent.agents import Agents
from scenarios.cloud.agent.configuration import AgentConfiguration
from scenarios.cloud.asked import Asked
from scenarios.cloud.ec2.instances import Instances
from scenarios.cloud.ec2.machine import Machine
from scenarios.cloud.kernel import moto_iam
from scenarios.cloud.kernel.caller import ApiCall
from scenarios.cloud.kernel.errors import NotSimulated, Refused, WorldError
from scenarios.cloud.service_logs_delivery import make_group
from scenarios.cloud.setting import Setting
from scenarios.service_logs import NGINX
from scenarios.service_logs.visits import Visit, nginx_error, of_nginx

ACCESS: Final = "/var/log/nginx/access.log"
ERROR: Final = "/var/log/nginx/error.log"
WEB: Final = "/var/log/web.stdout.log"
LOGS: Final = ("/var/log/eb-engine.log", ACCESS, ERROR, WEB)

_BALANCER: Final = "172.31.0.10"
_KEPT_DAYS: Final = "7"
_PLATFORM: Final = re.compile(r"(?i)\b(node\.js|python|ruby|go|corretto|\.net)\b.* running on .*amazon linux")
_STACK: Final = re.compile(r"(?i)amazon linux .* running (node\.js|python|ruby|go|corretto|\.net)\b")

_Options = Mapping[tuple[str, str], str]
_LOGS: Final = "aws:elasticbeanstalk:cloudwatch:logs"
_DAYS: Final = (_LOGS, "RetentionInDays")
_STREAMS: Final = (_LOGS, "StreamLogs")
_TYPE: Final = ("aws:elasticbeanstalk:environment", "EnvironmentType")
_BALANCED: Final = "LoadBalanced"
_CHOICES: Final[Mapping[tuple[str, str], tuple[str, ...]]] = {
    _DAYS: (
        *("1", "3", "5", "7", "14", "30", "60", "90", "120", "150", "180"),
        *("365", "400", "545", "731", "1827", "3653"),
    ),
    _STREAMS: ("true", "false"),
    _TYPE: (_BALANCED, "SingleInstance"),
}
"""What these options may be; CloudWatch Logs itself knows more numbers of days."""
_PROFILE: Final = ("aws:autoscaling:launchconfiguration", "IamInstanceProfile")
_LOUD: Final[Mapping[tuple[str, str], str]] = {
    ("aws:elasticbeanstalk:hostmanager", "LogPublicationControl"): "false",
    ("aws:elasticbeanstalk:cloudwatch:logs:health", "HealthStreamingEnabled"): "false",
    ("aws:autoscaling:asg", "MinSize"): "1",
}
"""Options that only have one value here."""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Environment:
    """`streams`: whether its logs go to CloudWatch Logs; `balanced`: whether a load balancer is before it."""

    name: str
    streams: bool
    balanced: bool
    machine: Machine


class Environments:
    """Every environment of the account."""

    def __init__(self, setting: Setting, instances: Instances, agents: Agents) -> None:
        self._setting = setting
        self._instances = instances
        self._agents = agents
        self._known: dict[tuple[str, str], _Environment] = {}
        setting.calls.check("elasticbeanstalk", "CreateEnvironment", self._about_to_create)
        setting.calls.after("elasticbeanstalk", "CreateEnvironment", self._created)
        instances.when_running(self._came_up)

    def asked(self, region: str, name: str, visits: Sequence[Visit]) -> None:
        """These requests reach an environment's instance.

        Raises WorldError where no instance of it runs, or a web ACL is said to have blocked one: such a
        request reaches no instance.
        """
        found = self._running(region, name)
        if any(each.rule for each in visits):
            raise WorldError(f"what a web ACL blocks does not reach the instance of {name}")
        for visit in visits:
            self._setting.clock.at(visit.at, partial(self._serve, found, visit), f"a request to {name}")

    def writes(self, region: str, name: str, lines: Sequence[str]) -> None:
        """The application of an environment writes these lines to its output, now.

        Raises WorldError where no instance of it runs.
        """
        machine = self._running(region, name).machine
        now, host = self._setting.clock.now, self._instances.host_names(machine)["hostname"]
        for line in lines:
            stamp = f"{now:%b} {now.day:2d} {now:%H:%M:%S} {host.partition('.')[0]} web[2345]:"
            self._instances.write(machine, WEB, f"{stamp} {line}")

    def _running(self, region: str, name: str) -> _Environment:
        found = self._known.get((region, name))
        if found is None or self._instances.state(found.machine) != "running":
            raise WorldError(f"no instance of the environment {name} runs in {region}")
        return found

    def _serve(self, environment: _Environment, visit: Visit) -> None:
        """Nginx answers, if the instance still runs, and writes that down."""
        machine = environment.machine
        if self._instances.state(machine) != "running":
            return
        seen_from = _BALANCER if environment.balanced else visit.client
        error = nginx_error(visit, seen_from)
        if error:
            self._instances.write(machine, ERROR, error)
        forwarded = visit.client if environment.balanced else ""
        self._instances.write(machine, ACCESS, NGINX.write(of_nginx(visit, seen_from, forwarded)))

    # ---- what Elastic Beanstalk makes --------------------------------------------------------------

    def _about_to_create(self, asked: Asked) -> None:
        _only_what_is_here(asked.parameters)
        options = _options(asked.parameters)
        for option, choices in _CHOICES.items():
            value = options.get(option, choices[0])
            if value not in choices and value.lower() not in choices:
                raise _invalid(option, value)
        profile = options.get(_PROFILE, "")
        if profile and not moto_iam.instance_profile_is_there(self._setting.account, profile):
            raise _invalid(_PROFILE, profile)

    def _created(self, call: ApiCall) -> None:
        options, made = _options(call.parameters), call.response or {}
        name, environment_id = str(made["EnvironmentName"]), str(made["EnvironmentId"])
        streams = _is_true(options.get(_STREAMS))
        if streams:
            for path in LOGS:
                kept_days = int(options.get(_DAYS, _KEPT_DAYS))
                make_group(self._setting, call.region, group_of(name, path), kept_days=kept_days)
        tags = {str(each["Key"]): str(each.get("Value", "")) for each in call.parameters.get("Tags") or ()}
        tags |= {
            "Name": name,
            "elasticbeanstalk:environment-id": environment_id,
            "elasticbeanstalk:environment-name": name,
        }
        instance = self._launch(call.region, options.get(_PROFILE, ""), tags)
        self._known[call.region, name] = _Environment(
            name=name,
            streams=streams,
            balanced=options.get(_TYPE, _BALANCED) == _BALANCED,
            machine=self._instances.machine(instance),
        )

    def _launch(self, region: str, profile: str, tags: Mapping[str, str]) -> str:
        """An instance under a profile, by name or ARN; returns its id."""
        named = "Arn" if profile.startswith("arn:") else "Name"
        ec2: Any = self._setting.session.client("ec2", region_name=region)
        launched = ec2.run_instances(
            ImageId="ami-12c6146b",
            InstanceType="t3.micro",
            MinCount=1,
            MaxCount=1,
            **({"IamInstanceProfile": {named: profile}} if profile else {}),
            TagSpecifications=[
                {
                    "ResourceType": "instance",
                    "Tags": [{"Key": key, "Value": value} for key, value in tags.items()],
                }
            ],
        )
        instance = str(launched["Instances"][0]["InstanceId"])
        self._instances.launched(region, instance)
        return instance

    def _came_up(self, machine: Machine) -> None:
        """Its agent starts, if it may be somebody at all."""
        found = next((each for each in self._known.values() if each.machine is machine), None)
        if found is None or not found.streams:
            return
        if not self._instances.role(machine):
            words = f"the instance of {found.name} has no instance profile: its logs are not streamed"
            self._setting.note("refused", words)
            return
        self._agents.start(machine, self._instances.role(machine), _agent_of(found.name))


def group_of(name: str, path: str) -> str:
    """The log group of an environment's log, by the log's path on the instance."""
    return f"/aws/elasticbeanstalk/{name}{path}"


def _agent_of(name: str) -> AgentConfiguration:
    """What Elastic Beanstalk tells the agent."""
    files = [
        {"file_path": path, "log_group_name": group_of(name, path), "log_stream_name": "{instance_id}"}
        for path in LOGS
    ]
    said = {"logs": {"logs_collected": {"files": {"collect_list": files}}}}
    return AgentConfiguration.parse(json.dumps(said))


def _only_what_is_here(parameters: Mapping[str, Any]) -> None:
    """Raises NotSimulated for what the environment would write or have, and does not here."""
    options = _options(parameters)
    for key, only in _LOUD.items():
        if options.get(key, only).lower() != only:
            raise NotSimulated("elasticbeanstalk", f"{': '.join(key)} other than {only}")
    if "TemplateName" in parameters or "EnvironmentName" not in parameters:
        raise NotSimulated("elasticbeanstalk", "environments of a saved configuration or a manifest")
    stack, platform = (str(parameters.get(each, "")) for each in ("SolutionStackName", "PlatformArn"))
    known = _STACK.search(stack) or _PLATFORM.search(platform)
    if _is_true(options.get(_STREAMS)) and not known:
        raise NotSimulated(
            "elasticbeanstalk", f"logs of the platform {stack or platform or 'that has no name'}"
        )


def _invalid(option: tuple[str, str], value: str) -> Refused:
    where = f"(Namespace: '{option[0]}', OptionName: '{option[1]}')"
    words = f"Configuration validation exception: Invalid option value: '{value}' {where}"
    return Refused("ConfigurationValidationException", words)


def _options(parameters: Mapping[str, Any]) -> _Options:
    settings = parameters.get("OptionSettings") or ()
    return {
        (each.get("Namespace", ""), each.get("OptionName", "")): each.get("Value", "") for each in settings
    }


def _is_true(value: str | None) -> bool:
    return (value or "").lower() == "true"


def register(setting: Setting) -> None:
    """The law of Elastic Beanstalk."""
    laws = setting.laws
    laws.add(Environments(setting, laws[Instances], laws[Agents]))
