"""What somebody hands to CloudFormation: a template, parameters, capabilities, tags.

Sources: https://docs.aws.amazon.com/AWSCloudFormation/latest/APIReference/API_CreateStack.html (template,
capabilities, limits), API_ValidateTemplate.html and API_GetTemplateSummary.html there;
https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/using-iam-template.html (which types need
which capability)
"""

import json
import re
from collections.abc import Collection, Iterator, Mapping
from typing import Any, Final
from urllib.parse import unquote, urlsplit

import yaml
from botocore.exceptions import ClientError
from samtranslator.yaml_helper import intrinsics_multi_constructor

from scenarios.cloud.asked import Asked
from scenarios.cloud.cloudformation.standing import SERVICE
from scenarios.cloud.cloudformation.template import Template
from scenarios.cloud.cloudformation.transform import translate
from scenarios.cloud.kernel.errors import InvalidTemplate, NotSimulated, Refused
from scenarios.cloud.kernel.stack import Stack
from scenarios.cloud.kernel.texts import is_true
from scenarios.cloud.setting import Setting

_MOST_BYTES_IN_BODY: Final = 51_200
_MOST_BYTES_IN_S3: Final = 1_048_576
_SAM: Final = "AWS::Serverless-2016-10-31"
# By type of IAM resource: the property that gives it a name of its own.
_NAMED: Final = {
    "AWS::IAM::AccessKey": "",
    "AWS::IAM::Group": "GroupName",
    "AWS::IAM::InstanceProfile": "InstanceProfileName",
    "AWS::IAM::ManagedPolicy": "ManagedPolicyName",
    "AWS::IAM::Policy": "",
    "AWS::IAM::Role": "RoleName",
    "AWS::IAM::User": "UserName",
    "AWS::IAM::UserToGroupAddition": "",
}
_S3_HOST = re.compile(r"(?:(?P<bucket>.+)\.)?s3[.-](?:[a-z0-9-]+\.)?amazonaws\.com(?:\.cn)?\Z")


class _Loader(yaml.SafeLoader):  # type: ignore[misc]  # PyYAML ships no types
    """YAML with CloudFormation's short forms of its functions; dates stay text."""


_Loader.add_multi_constructor("!", intrinsics_multi_constructor)
_Loader.yaml_implicit_resolvers = {
    first: [(tag, rule) for tag, rule in rules if tag != "tag:yaml.org,2002:timestamp"]
    for first, rules in yaml.SafeLoader.yaml_implicit_resolvers.items()
}


def text_of_template(setting: Setting, asked: Asked) -> str | None:
    """The text of the template that a call gives, in its body or in S3; None where it gives none.

    CloudFormation reads S3 in the caller's name.
    """
    body, url = (asked.parameters.get(name) for name in ("TemplateBody", "TemplateURL"))
    if body and url:
        raise Refused("ValidationError", "Only one of TemplateBody or TemplateURL may be specified.")
    if body:
        _no_longer_than(_MOST_BYTES_IN_BODY, body, "templateBody")
        return str(body)
    return text_in_s3(setting, asked, str(url)) if url else None


def text_in_s3(setting: Setting, asked: Asked, url: str) -> str:
    """What is at a template's, or a stack policy's, URL; raises Refused."""
    bucket, key = place_in_s3(url)
    decision = setting.identity.judge(
        asked.caller.through(SERVICE), "s3:GetObject", f"arn:aws:s3:::{bucket}/{key}"
    )
    if not decision.allowed:
        raise Refused("ValidationError", "S3 error: Access Denied")
    try:
        found = setting.session.client("s3", region_name=asked.region).get_object(Bucket=bucket, Key=key)
    except ClientError as error:
        raise Refused("ValidationError", f"S3 error: {error.response['Error'].get('Message', '')}") from None
    text = str(found["Body"].read().decode("utf-8", "replace"))
    _no_longer_than(_MOST_BYTES_IN_S3, text, "template in S3")
    return text


def place_in_s3(url: str) -> tuple[str, str]:
    """Bucket and key of a template's URL, in either style; raises Refused for any other URL."""
    parts = urlsplit(url)
    host = parts.hostname or ""
    found = _S3_HOST.match(host)
    path = unquote(parts.path.lstrip("/"))
    # An endpoint on this machine stands for S3, too: `aws cloudformation package` writes it into URLs.
    if found is None and host not in {"localhost", "127.0.0.1"}:
        raise Refused("ValidationError", "TemplateURL must be a supported URL.")
    bucket, key = (found["bucket"], path) if found and found["bucket"] else path.partition("/")[::2]
    if not bucket or not key:
        raise Refused(
            "ValidationError", "TemplateURL must reference a valid S3 object to which you have access."
        )
    return bucket, key


def _no_longer_than(most: int, text: str, what: str) -> None:
    if len(text.encode()) > most:
        raise Refused("ValidationError", f"1 validation error detected: {what} is longer than {most} bytes")


def document_of(text: str) -> dict[str, Any]:
    """A template's text, JSON or YAML, as a mapping; raises Refused where it is neither."""
    try:
        document = json.loads(text) if text.lstrip().startswith("{") else yaml.load(text, Loader=_Loader)  # noqa: S506 - safe
    except (ValueError, yaml.YAMLError, RecursionError) as error:
        kind = "JSON" if text.lstrip().startswith("{") else "YAML"
        raise Refused(
            "ValidationError", f"Template format error: {kind} not well-formed. ({error})"
        ) from None
    if not isinstance(document, dict):
        raise Refused("ValidationError", "Template format error: unsupported structure.")
    resources = document.get("Resources")
    if not resources:
        why = "At least one Resources member must be defined."
        raise Refused("ValidationError", f"Template format error: {why}")
    # In these words on AWS: https://github.com/localstack/localstack/blob/master/tests/aws/services/
    # cloudformation/api/test_stacks.snapshot.json
    if not isinstance(resources, dict) or not all(isinstance(each, dict) for each in resources.values()):
        raise Refused("ValidationError", "Template format error: Any Resources member must be an object.")
    return document


def as_document(template: str | Mapping[str, Any]) -> dict[str, Any]:
    """A template as a mapping, whether it was handed in as text or stood before the world began."""
    return document_of(template) if isinstance(template, str) else dict(template)


def processed(document: Mapping[str, Any], *, region: str) -> dict[str, Any]:
    """The template after its transforms; of these the SAM transform is known."""
    transforms = document.get("Transform", [])
    transforms = [transforms] if isinstance(transforms, str | dict) else transforms
    if not transforms:
        return dict(document)
    if transforms != [_SAM]:
        raise NotSimulated("cloudformation", f"the transforms {transforms}")
    try:
        return translate(document, region=region)
    except InvalidTemplate as invalid:
        why = f"Transform {_SAM} failed with: {invalid}"
        raise Refused("ValidationError", why) from None


def capabilities_of(plain: Mapping[str, Any]) -> list[str]:
    """What a caller must acknowledge: CAPABILITY_NAMED_IAM, CAPABILITY_IAM, or nothing."""
    named = unnamed = False
    for resource in _resources(plain):
        kind = resource.get("Type")
        if kind in _NAMED:
            unnamed = True
            properties = resource.get("Properties")
            named |= bool(_NAMED[kind]) and isinstance(properties, dict) and _NAMED[kind] in properties
    return ["CAPABILITY_NAMED_IAM"] if named else ["CAPABILITY_IAM"] if unnamed else []


def must_acknowledge(plain: Mapping[str, Any], given: Collection[str]) -> None:
    """Refuse a template with IAM's resources that the caller has not acknowledged.

    CAPABILITY_NAMED_IAM acknowledges resources without names of their own, too.
    """
    missing = [each for each in capabilities_of(plain) if each not in given]
    if missing == ["CAPABILITY_IAM"] and "CAPABILITY_NAMED_IAM" in given:
        return
    if missing:
        why = f"Requires capabilities : [{', '.join(missing)}]"
        raise Refused("InsufficientCapabilitiesException", why)


def values_given(asked: Asked, before: Mapping[str, str] | None) -> dict[str, str]:
    """The parameters that a call gives.

    `before`: those of the stack now, with the defaults that count for it; None where there is no stack.
    """
    values = {}
    for each in asked.parameters.get("Parameters", ()):
        name = str(each.get("ParameterKey", ""))
        if not each.get("UsePreviousValue"):
            values[name] = str(each.get("ParameterValue", ""))
        elif before is None:
            why = f"Parameters: [{name}] cannot use previous value: there is no stack yet"
            raise Refused("ValidationError", why)
        elif name in before:
            values[name] = before[name]
        else:
            why = (
                f"Invalid input for parameter key {name}. Cannot specify usePreviousValue as true for a "
                "parameter key not in the previous template"
            )
            raise Refused("ValidationError", why)
    return values


def tags_given(asked: Asked) -> dict[str, str]:
    """The stack's tags; raises Refused where one is given twice."""
    tags: dict[str, str] = {}
    for each in asked.parameters.get("Tags", ()):
        if each["Key"] in tags:
            raise Refused("ValidationError", f"Duplicate tag key: {each['Key']}")
        tags[each["Key"]] = each["Value"]
    return tags


def validated(asked: Asked, plain: Mapping[str, Any], values: Mapping[str, str], stack: Stack) -> Template:
    """The template under its parameters; what CloudFormation refuses at once is refused."""
    try:
        return Template(
            plain,
            region=asked.region,
            account=stack.account,
            stack_name=stack.name,
            stack_id=stack.stack_id,
            parameters=values,
        )
    except InvalidTemplate as invalid:
        raise Refused("ValidationError", f"Template error: {invalid}") from None


def summary(document: Mapping[str, Any], plain: Mapping[str, Any]) -> dict[str, Any]:
    """What GetTemplateSummary and ValidateTemplate tell alike."""
    capabilities = capabilities_of(plain)
    reason = "The following resource(s) require capabilities: [{}]"
    kinds = sorted({str(each.get("Type")) for each in _resources(plain) if each.get("Type") in _NAMED})
    declared = document.get("Parameters", {})
    return {
        **({"Description": document["Description"]} if "Description" in document else {}),
        **({"Capabilities": capabilities} if capabilities else {}),
        **({"CapabilitiesReason": reason.format(", ".join(kinds))} if capabilities else {}),
        **({"DeclaredTransforms": [_SAM]} if document.get("Transform") else {}),
        "Parameters": [
            {
                "ParameterKey": name,
                **({"DefaultValue": str(each["Default"])} if "Default" in each else {}),
                "NoEcho": is_true(each.get("NoEcho")),
                **({"Description": each["Description"]} if "Description" in each else {}),
            }
            for name, each in declared.items()
        ],
    }


def _resources(plain: Mapping[str, Any]) -> Iterator[Mapping[str, Any]]:
    for each in plain.get("Resources", {}).values():
        if isinstance(each, dict):
            yield each
