"""What the stack promises of each of its parts: the deployed template, its functions resolved. Pure.

A value that can't be told from the template, the parameters and the physical ids alone (an attribute that
only the service knows) raises `NotTold`; then the part can't be put back from here.

Source: https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/intrinsic-function-reference.html
"""

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

_PLACEHOLDER = re.compile(r"\$\{(!?)([^}]+)\}")
_LEFT_OUT = object()  # what AWS::NoValue comes to


class NotTold(LookupError):
    """A value of the template that only the service knows; the message names it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Part:
    """One resource of the stack: the template's name of it, CloudFormation's type, and its physical id."""

    logical_id: str
    type: str
    physical_id: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """Where a stack is. `stack_id` is its ARN."""

    stack_id: str

    @property
    def partition(self) -> str:
        """`aws`, or `aws-cn`."""
        return self.stack_id.split(":")[1]

    @property
    def region(self) -> str:
        """The region."""
        return self.stack_id.split(":")[3]

    @property
    def account(self) -> str:
        """The account's number."""
        return self.stack_id.split(":")[4]

    @property
    def stack_name(self) -> str:
        """The stack's name."""
        return self.stack_id.split("/")[1]

    def arn(self, service: str, resource: str) -> str:
        """The ARN of a resource of this account and region; IAM's have no region."""
        region = "" if service == "iam" else self.region
        return f"arn:{self.partition}:{service}:{region}:{self.account}:{resource}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Promise:
    """A deployed template with all that its functions lead to. `parameters`: with their values."""

    template: Mapping[str, Any]
    parameters: Mapping[str, str]
    parts: tuple[Part, ...]
    place: Place

    def of(self, part: Part) -> dict[str, Any]:
        """The properties that the template gives a part; raises NotTold."""
        declared = self.template.get("Resources", {}).get(part.logical_id)
        if declared is None:
            raise NotTold(f"{part.logical_id} is not in the template")
        resolved: dict[str, Any] = self._resolve(declared.get("Properties", {}))
        return resolved

    def about(self, part: Part, kind: str, field: str) -> Iterator[dict[str, Any]]:
        """The properties of the parts of that type which name `part` in that field; raises NotTold."""
        for each in self.parts:
            if each.type == kind:
                properties = self.of(each)
                named = properties.get(field)
                if part.physical_id in (named if isinstance(named, list) else [named]):
                    yield properties

    def statements(self, function: Part) -> dict[str, dict[str, Any]]:
        """All statements that the function's own policy is deployed with, by their ids; raises NotTold.

        One that denies is as the template has it, since no call puts it back.
        """
        arn = self.place.arn("lambda", f"function:{function.physical_id}")
        declared = (
            self.template["Resources"][each.logical_id]["Properties"]
            for each in self.parts
            if each.type == "AWS::Lambda::ResourcePolicy" and each.logical_id in self.template["Resources"]
        )
        said = (
            self._resolve(statement) if statement.get("Effect") != "Deny" else statement
            for properties in declared
            if self._resolve(properties["ResourceArn"]) == arn
            for statement in properties["PolicyDocument"]["Statement"]
        )
        return {each["Sid"]: each for each in said if each is not _LEFT_OUT and "Sid" in each}

    def _resolve(self, value: Any) -> Any:
        if isinstance(value, list):
            return [each for each in map(self._resolve, value) if each is not _LEFT_OUT]
        if not isinstance(value, dict):
            return value
        if len(value) == 1:
            ((name, argument),) = value.items()
            if name in self._functions:
                return self._functions[name](argument)
            if name.startswith("Fn::"):
                raise NotTold(f"{name} is not told from here")
        pairs = ((name, self._resolve(each)) for name, each in value.items())
        return {name: each for name, each in pairs if each is not _LEFT_OUT}

    @property
    def _functions(self) -> Mapping[str, Callable[[Any], Any]]:
        return {
            "Ref": self._ref,
            "Fn::GetAtt": self._get_att,
            "Fn::Sub": self._sub,
            "Fn::Join": self._join,
            "Fn::If": self._if,
            "Fn::Select": self._select,
            "Fn::Split": self._split,
        }

    # ---- CloudFormation's functions -----------------------------------------------------------------

    def _ref(self, name: str) -> Any:
        pseudo = {
            "AWS::AccountId": self.place.account,
            "AWS::NoValue": _LEFT_OUT,
            "AWS::Partition": self.place.partition,
            "AWS::Region": self.place.region,
            "AWS::StackId": self.place.stack_id,
            "AWS::StackName": self.place.stack_name,
            "AWS::URLSuffix": "amazonaws.com.cn" if self.place.partition == "aws-cn" else "amazonaws.com",
        }
        if name in pseudo:
            return pseudo[name]
        if name in self.parameters:
            kind = self.template.get("Parameters", {}).get(name, {}).get("Type", "String")
            given = self.parameters[name]
            return given.split(",") if kind.startswith(("List<", "CommaDelimited")) else given
        return self._part(name).physical_id

    def _get_att(self, argument: Any) -> str:
        name, _, attribute = ".".join(argument if isinstance(argument, list) else [argument]).partition(".")
        part = self._part(name)
        known = _ATTRIBUTES.get((part.type, attribute))
        if known is None:
            raise NotTold(f"{name}.{attribute} is known to the service only")
        return known(self.place, part.physical_id)

    def _sub(self, argument: Any) -> str:
        text, more = argument if isinstance(argument, list) else (argument, {})

        def value(found: re.Match[str]) -> str:
            literal, name = found.groups()
            if literal:
                return f"${{{name}}}"
            if name in more:
                return str(self._resolve(more[name]))
            return str(self._get_att(name) if "." in name else self._ref(name))

        return _PLACEHOLDER.sub(value, text)

    def _join(self, argument: Any) -> str:
        delimiter, items = argument
        return str(delimiter).join(map(str, self._resolve(items)))

    def _if(self, argument: Any) -> Any:
        condition, yes, no = argument
        return self._resolve(yes if self._holds({"Condition": condition}) else no)

    def _select(self, argument: Any) -> Any:
        index, items = argument
        return self._resolve(items)[int(index)]

    def _split(self, argument: Any) -> list[str]:
        delimiter, text = argument
        return str(self._resolve(text)).split(delimiter)

    def _holds(self, condition: Any) -> bool:
        ((name, argument),) = condition.items()
        match name:
            case "Condition":
                return self._holds(self.template.get("Conditions", {})[argument])
            case "Fn::Equals":
                one, other = map(self._resolve, argument)
                return bool(one == other)
            case "Fn::Not":
                return not self._holds(argument[0])
            case "Fn::And":
                return all(map(self._holds, argument))
            case "Fn::Or":
                return any(map(self._holds, argument))
        raise NotTold(f"the condition {name} is not told from here")

    def _part(self, logical_id: str) -> Part:
        for each in self.parts:
            if each.logical_id == logical_id and each.physical_id:
                return each
        raise NotTold(f"{logical_id} is not among the stack's resources")


def _arn(service: str, prefix: str) -> Callable[[Place, str], str]:
    return lambda place, name: place.arn(service, f"{prefix}{name}")


def _queue_arn(place: Place, url: str) -> str:
    return place.arn("sqs", url.rpartition("/")[2])


# What Fn::GetAtt gives, where it follows from the physical id.
_ATTRIBUTES: Mapping[tuple[str, str], Callable[[Place, str], str]] = {
    ("AWS::CloudTrail::Trail", "Arn"): _arn("cloudtrail", "trail/"),
    ("AWS::CloudWatch::Alarm", "Arn"): _arn("cloudwatch", "alarm:"),
    ("AWS::DynamoDB::Table", "Arn"): _arn("dynamodb", "table/"),
    ("AWS::Events::Rule", "Arn"): _arn("events", "rule/"),
    ("AWS::IAM::Role", "Arn"): _arn("iam", "role/"),
    ("AWS::KMS::Key", "Arn"): _arn("kms", "key/"),
    ("AWS::Lambda::Function", "Arn"): _arn("lambda", "function:"),
    ("AWS::Logs::LogGroup", "Arn"): lambda place, name: place.arn("logs", f"log-group:{name}:*"),
    ("AWS::S3::Bucket", "Arn"): lambda place, name: f"arn:{place.partition}:s3:::{name}",
    ("AWS::SNS::Topic", "TopicArn"): lambda _, arn: arn,
    ("AWS::SNS::Topic", "TopicName"): lambda _, arn: arn.rpartition(":")[2],
    ("AWS::SQS::Queue", "Arn"): _queue_arn,
    ("AWS::SQS::Queue", "QueueName"): lambda _, url: url.rpartition("/")[2],
    ("AWS::SQS::Queue", "QueueUrl"): lambda _, url: url,
}
