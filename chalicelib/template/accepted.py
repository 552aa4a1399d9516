"""What checkov finds in the templates and stays as it is, each with the reason, beside the resource itself.

checkov reads `Metadata: checkov: skip` of a resource. What it finds beyond this is mended.
Source: https://www.checkov.io/2.Basics/Suppressing%20and%20Skipping%20Policies.html
"""

from collections.abc import Mapping, Sequence
from typing import Any

from chalicelib.template.parts import Template

_FUNCTION = "AWS::Lambda::Function"
# By type: checkov's id, and why it is accepted.
_ACCEPTED: Mapping[str, Sequence[tuple[str, str]]] = {
    _FUNCTION: (
        ("CKV_AWS_115", "a parameter, off at first: the account's other functions lose it; 100 must stay"),
        ("CKV_AWS_116", "what fails goes to DeadLetters as a destination, or by the queue that is read"),
        ("CKV_AWS_117", "it calls AWS's public endpoints only, and nothing in a VPC"),
        ("CKV_AWS_173", "its variables are names of resources; Lambda encrypts them with a key of its own"),
    ),
    "AWS::CloudTrail::Trail": (
        ("CKV_AWS_35", "a key that somebody disables would stop the trail; the bucket locks and encrypts"),
    ),
    "AWS::DynamoDB::Table": (
        ("CKV_AWS_119", "a key that somebody disables would take the ledger; each item has a seal instead"),
    ),
    "AWS::KMS::Key": (("CKV_AWS_7", "KMS rotates no HMAC keys; the key of alerts is rotated"),),
    "AWS::Logs::LogGroup": (
        ("CKV_AWS_158", "Logs encrypts it; a key that somebody disables would silence it"),
    ),
    "AWS::S3::Bucket": (("CKV_AWS_18", "its own trail says who changes it; log files would log each other"),),
    "AWS::SNS::Topic": (
        ("CKV_AWS_26", "who tells that a key is gone is to need none; the topic of the alerts has one"),
    ),
    "AWS::SQS::Queue": (("CKV_AWS_27", "SQS encrypts it with a key of its own"),),
}


def with_reasons(resources: Mapping[str, Any]) -> Template:
    """The resources, each with what is accepted of it. Chalice says the type of functions, and of the API.

    SAM drops what is said of the API's stage: that stands in `.ci/checkov`.
    """
    return {name: _with_reasons(each) for name, each in resources.items()}


def _with_reasons(resource: Mapping[str, Any]) -> Template:
    accepted = _ACCEPTED.get(_kind(resource), ())
    if not accepted:
        return dict(resource)
    skip = [{"id": check, "comment": reason} for check, reason in accepted]
    return {**resource, "Metadata": {**resource.get("Metadata", {}), "checkov": {"skip": skip}}}


def _kind(resource: Mapping[str, Any]) -> str:
    if "Type" in resource:
        return str(resource["Type"])
    return _FUNCTION if "Runtime" in resource.get("Properties", {}) else ""
