"""The resources that event history names for an event: by the record's own list, and by what was asked for.

LookupEvents answers with types and names. AWS publishes no table of them; these are the names that the record
holds under parameters whose meaning is plain, and what the record itself lists.

Source: https://docs.aws.amazon.com/awscloudtrail/latest/APIReference/API_Resource.html
"""

from collections.abc import Iterator, Mapping
from typing import Any, Final

Record = Mapping[str, Any]

# By event source, the parameters (or elements of the answer) that name a resource, with its type.
_NAMED_BY: Final[Mapping[str, Mapping[str, str]]] = {
    "cloudtrail.amazonaws.com": {
        "name": "AWS::CloudTrail::Trail",
        "trailName": "AWS::CloudTrail::Trail",
        "trailARN": "AWS::CloudTrail::Trail",
    },
    "dynamodb.amazonaws.com": {"tableName": "AWS::DynamoDB::Table"},
    "ec2.amazonaws.com": {
        "groupId": "AWS::EC2::SecurityGroup",
        "groupName": "AWS::EC2::SecurityGroup",
        "instanceId": "AWS::EC2::Instance",
        "vpcId": "AWS::EC2::VPC",
    },
    "iam.amazonaws.com": {
        "groupName": "AWS::IAM::Group",
        "instanceProfileName": "AWS::IAM::InstanceProfile",
        "policyArn": "AWS::IAM::Policy",
        "policyName": "AWS::IAM::Policy",
        "roleName": "AWS::IAM::Role",
        "userName": "AWS::IAM::User",
    },
    "kms.amazonaws.com": {"keyId": "AWS::KMS::Key"},
    "lambda.amazonaws.com": {"functionName": "AWS::Lambda::Function"},
    "logs.amazonaws.com": {"logGroupName": "AWS::Logs::LogGroup"},
    "s3.amazonaws.com": {"bucketName": "AWS::S3::Bucket"},
    "sns.amazonaws.com": {"topicArn": "AWS::SNS::Topic"},
    "sqs.amazonaws.com": {"queueName": "AWS::SQS::Queue", "queueUrl": "AWS::SQS::Queue"},
}
# In the record's own list these stand by ARN, in the history by name.
_BY_NAME: Final = ("AWS::DynamoDB::Table", "AWS::S3::Bucket")


def resources(record: Record) -> list[tuple[str, str]]:
    """(type, name) of what the event was about, each once."""
    return list(dict.fromkeys([*_asked_for(record), *_listed(record)]))


def _asked_for(record: Record) -> Iterator[tuple[str, str]]:
    named_by = _NAMED_BY.get(str(record.get("eventSource")), {})
    for part in ("requestParameters", "responseElements"):
        for name, value in (record.get(part) or {}).items():
            if name in named_by and isinstance(value, str):
                yield named_by[name], value
            elif name.endswith("sSet") and isinstance(value, Mapping):  # EC2's `instancesSet`
                yield from _items(named_by, value)


def _items(named_by: Mapping[str, str], values: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    for item in values.get("items", ()):
        for name, value in item.items():
            if name in named_by and isinstance(value, str):
                yield named_by[name], value


def _listed(record: Record) -> Iterator[tuple[str, str]]:
    for each in record.get("resources", ()):
        kind, arn = each.get("type", ""), each.get("ARN", "")
        if kind and arn:
            yield kind, arn.rpartition(":")[2].removeprefix("table/") if kind in _BY_NAME else arn
