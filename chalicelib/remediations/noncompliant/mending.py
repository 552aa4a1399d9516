"""How AWS Config mends what a rule finds, and where it has given up.

After so many attempts Config puts an exception for the resource and leaves it alone, be it that the runbook
fails or that somebody changes the resource back again and again. It sends no event about that.

Source: https://docs.aws.amazon.com/config/latest/APIReference/API_RemediationException.html
"""

from dataclasses import dataclass, replace
from datetime import timedelta

from chalicelib.aws import Aws
from chalicelib.wording import aws_command, span

DEFAULT_ATTEMPTS, DEFAULT_SECONDS = 5, 60


@dataclass(frozen=True, slots=True, kw_only=True)
class Remedy:
    """What a rule has: its runbook, whether Config starts it, and how often.

    `undone`: how a person undoes what the runbook does; "" where the rule is not the stack's own.
    """

    runbook: str
    automatic: bool
    attempts: int
    seconds: int
    undone: str = ""

    def __str__(self) -> str:
        if not self.automatic:
            return f"{self.runbook}, once somebody starts it"
        if not self.attempts:
            return self.runbook
        within = span(timedelta(seconds=self.seconds))
        return f"AWS Config starts {self.runbook}, up to {self.attempts} times within {within}"


@dataclass(frozen=True, slots=True, kw_only=True)
class LeftAlone:
    """A resource that Config leaves alone, with the reason for it, and what became of the last attempt."""

    kind: str
    id: str
    why: str
    last: str = ""


def remedy_of(aws: Aws, region: str, rule: str) -> Remedy | None:
    """A rule's; raises what Config raises."""
    answer = aws.client("config", region).describe_remediation_configurations(ConfigRuleNames=[rule])
    for each in answer["RemediationConfigurations"]:
        return Remedy(
            runbook=each["TargetId"],
            automatic=bool(each.get("Automatic")),
            attempts=each.get("MaximumAutomaticAttempts", DEFAULT_ATTEMPTS),
            seconds=each.get("RetryAttemptSeconds", DEFAULT_SECONDS),
        )
    return None


def left_alone(aws: Aws, region: str, rule: str) -> tuple[LeftAlone, ...]:
    """The resources that Config leaves alone under a rule; raises what Config raises."""
    client, found, more = aws.client("config", region), list[LeftAlone](), dict[str, str]()
    while True:
        answer = client.describe_remediation_exceptions(ConfigRuleName=rule, **more)
        found += [
            LeftAlone(kind=each["ResourceType"], id=each["ResourceId"], why=each.get("Message", ""))
            for each in answer["RemediationExceptions"]
        ]
        if not answer.get("NextToken"):
            return tuple(found)
        more = {"NextToken": answer["NextToken"]}


def with_last_attempt(aws: Aws, region: str, rule: str, left: LeftAlone) -> LeftAlone:
    """The same, with `FAILED: DeleteSecurityGroup: ...`; raises what Config raises."""
    key = {"resourceType": left.kind, "resourceId": left.id}
    answer = aws.client("config", region).describe_remediation_execution_status(
        ConfigRuleName=rule, ResourceKeys=[key]
    )
    for each in answer["RemediationExecutionStatuses"]:
        failed = [
            f"{step.get('Name', 'a step')}: {step['ErrorMessage']}"
            for step in each.get("StepDetails", ())
            if step.get("ErrorMessage")
        ]
        return replace(left, last=": ".join((each.get("State", "unknown"), *failed)))
    return left


def command_to_start(region: str, rule: str, kind: str, identity: str) -> str:
    """The AWS CLI's command that starts the runbook for a resource."""
    return aws_command(
        "configservice",
        "start-remediation-execution",
        {
            "--config-rule-name": rule,
            "--resource-keys": f"resourceType={kind},resourceId={identity}",
            "--region": region,
        },
    )


def command_to_resume(region: str, rule: str, kind: str, identity: str) -> str:
    """The command that takes the exception away."""
    return aws_command(
        "configservice",
        "delete-remediation-exceptions",
        {
            "--config-rule-name": rule,
            "--resource-keys": f"ResourceType={kind},ResourceId={identity}",
            "--region": region,
        },
    )
