"""Functions, keys, tables, trails, topics, queues, databases.

Sources: https://github.com/awslabs/aws-config-resource-schema (which properties each type has),
https://github.com/awslabs/aws-config-rdk (recorded items)
"""

from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from typing import Any, Final

from scenarios.cloud.config.items import REGIONAL, SEVERAL_ZONES, Found, Relation, camel, newer_camel, tags_of
from scenarios.cloud.config.resource_types.view import ResourceType, View

FUNCTION, KEY, TABLE = "AWS::Lambda::Function", "AWS::KMS::Key", "AWS::DynamoDB::Table"
TRAIL, TOPIC, QUEUE = "AWS::CloudTrail::Trail", "AWS::SNS::Topic", "AWS::SQS::Queue"
DATABASE, DATABASE_SNAPSHOT = "AWS::RDS::DBInstance", "AWS::RDS::DBSnapshot"
# Attributes that messages and subscriptions change are no part of a configuration.
_COUNTS: Final = ("Approximate", "Subscriptions", "LastModifiedTimestamp")
# Environments hold secrets; Config's schema has none.
_NOT_OF_FUNCTIONS: Final = ("Environment", "State", "StateReason", "SnapStart", "LoggingConfig")
_CHANGES_BY_ITSELF: Final = ("CREATING", "UPDATING", "DELETING", "creating", "deleting", "modifying")


def functions(view: View) -> Iterator[Found]:
    """Lambda functions, each with its policy."""
    for each in view("lambda", "ListFunctions")["Functions"]:
        arn, name = each["FunctionArn"].removesuffix(":$LATEST"), each["FunctionName"]
        if known := view.unchanged(FUNCTION, name):
            yield known
            continue
        policy = view.unless("ResourceNotFound", "lambda", "GetPolicy", FunctionName=name)
        tags = view("lambda", "ListTags", Resource=arn).get("Tags", {})
        configuration = {key: value for key, value in each.items() if key not in _NOT_OF_FUNCTIONS}
        network = each.get("VpcConfig", {})
        yield Found(
            type=FUNCTION,
            id=name,
            name=name,
            arn=arn,
            tags=tags,
            configuration={**newer_camel(configuration), "state": {"value": each.get("State", "Active")}},
            supplementary={
                **({"Policy": policy["Policy"]} if policy else {}),
                "Tags": tags,
            },
            relations=(
                Relation("AWS::IAM::Role", "", "Is associated with ", each["Role"].rpartition("/")[2]),
                *(
                    Relation("AWS::EC2::SecurityGroup", one, "Is associated with ")
                    for one in network.get("SecurityGroupIds", ())
                ),
                *(
                    Relation("AWS::EC2::Subnet", one, "Is contained in ")
                    for one in network.get("SubnetIds", ())
                ),
            ),
        )


def keys(view: View) -> Iterator[Found]:
    """KMS keys with policy and rotation, AWS's own of the account too."""
    for listed in view("kms", "ListKeys")["Keys"]:
        key = listed["KeyId"]
        each = view("kms", "DescribeKey", KeyId=key)["KeyMetadata"]
        policy = view("kms", "GetKeyPolicy", KeyId=key, PolicyName="default")["Policy"]
        rotation = view.unless("Unsupported", "kms", "GetKeyRotationStatus", KeyId=key)
        tags = tags_of(view("kms", "ListResourceTags", KeyId=key)["Tags"], "TagKey", "TagValue")
        configuration = newer_camel(each)
        yield Found(
            type=KEY,
            id=key,
            arn=each["Arn"],
            tags=tags,
            configuration=configuration,
            supplementary={
                "Policy": policy,
                "KeyRotationStatus": rotation.get("KeyRotationEnabled", False),
                "Tags": [{"tagKey": name, "tagValue": value} for name, value in tags.items()],
            },
            created=each["CreationDate"],
        )


def tables(view: View) -> Iterator[Found]:
    """DynamoDB tables with their backups."""
    for name in view("dynamodb", "ListTables")["TableNames"]:
        if known := view.unchanged(TABLE, name):
            yield known
            continue
        each = view("dynamodb", "DescribeTable", TableName=name)["Table"]
        backups = view("dynamodb", "DescribeContinuousBackups", TableName=name)
        tags = tags_of(view("dynamodb", "ListTagsOfResource", ResourceArn=each["TableArn"])["Tags"])
        counted = ("ItemCount", "TableSizeBytes")
        status = backups["ContinuousBackupsDescription"]
        recovery = status.get("PointInTimeRecoveryDescription", {}).get("PointInTimeRecoveryStatus")
        yield Found(
            type=TABLE,
            id=name,
            name=name,
            arn=each["TableArn"],
            tags=tags,
            configuration=newer_camel({key: value for key, value in each.items() if key not in counted}),
            supplementary={
                "ContinuousBackupsDescription": {
                    "continuousBackupsStatus": status["ContinuousBackupsStatus"],
                    "pointInTimeRecoveryDescription": {"pointInTimeRecoveryStatus": recovery or "DISABLED"},
                },
                "Tags": camel([{"Key": key, "Value": value} for key, value in tags.items()]),
            },
            created=each["CreationDateTime"],
            settled=each["TableStatus"] not in _CHANGES_BY_ITSELF,
        )


def trails(view: View) -> Iterator[Found]:
    """Trails, in their home region."""
    for each in view("cloudtrail", "DescribeTrails", includeShadowTrails=False)["trailList"]:
        yield Found(
            type=TRAIL,
            id=each["Name"],
            name=each["Name"],
            arn=each["TrailARN"],
            zone=REGIONAL,
            configuration=camel(each),
            supplementary={"Tags": []},
        )


def topics(view: View) -> Iterator[Found]:
    """Topics; their ids are their ARNs."""
    for listed in view("sns", "ListTopics")["Topics"]:
        arn = listed["TopicArn"]
        if known := view.unchanged(TOPIC, arn):
            yield known
            continue
        attributes = view("sns", "GetTopicAttributes", TopicArn=arn)["Attributes"]
        tags = tags_of(view("sns", "ListTagsForResource", ResourceArn=arn)["Tags"])
        yield Found(
            type=TOPIC,
            id=arn,
            name=arn.rpartition(":")[2],
            arn=arn,
            tags=tags,
            configuration=_without_counts(attributes),
            supplementary={"Tags": camel([{"Key": key, "Value": value} for key, value in tags.items()])},
        )


def queues(view: View) -> Iterator[Found]:
    """Queues; their ids are their URLs."""
    for url in view("sqs", "ListQueues").get("QueueUrls", ()):
        if known := view.unchanged(QUEUE, url, url.rpartition("/")[2]):
            yield known
            continue
        attributes = view("sqs", "GetQueueAttributes", QueueUrl=url, AttributeNames=["All"])["Attributes"]
        tags = view("sqs", "ListQueueTags", QueueUrl=url).get("Tags", {})
        name = url.rpartition("/")[2]
        created = float(attributes["CreatedTimestamp"])
        yield Found(
            type=QUEUE,
            id=url,
            name=name,
            arn=attributes["QueueArn"],
            tags=tags,
            configuration={"QueueUrl": url, "QueueName": name, **_numbers(_without_counts(attributes))},
            created=datetime.fromtimestamp(created, UTC),
        )


def _without_counts(attributes: Mapping[str, str]) -> dict[str, str]:
    return {name: value for name, value in attributes.items() if not name.startswith(_COUNTS)}


def _numbers(attributes: Mapping[str, str]) -> dict[str, Any]:
    """Numbers are numbers in an item, as the schema has them, so that a query compares them as such."""
    return {
        name: int(value) if value.isdecimal() and name != "CreatedTimestamp" else value
        for name, value in attributes.items()
    }


def databases(view: View) -> Iterator[Found]:
    """Instances of RDS."""
    for each in view("rds", "DescribeDBInstances")["DBInstances"]:
        tags = tags_of(each.get("TagList"))
        groups = [one["VpcSecurityGroupId"] for one in each.get("VpcSecurityGroups", ())]
        yield Found(
            type=DATABASE,
            id=each.get("DbiResourceId") or each["DBInstanceIdentifier"],
            name=each["DBInstanceIdentifier"],
            arn=each["DBInstanceArn"],
            zone=SEVERAL_ZONES if each.get("MultiAZ") else each.get("AvailabilityZone", REGIONAL),
            tags=tags,
            configuration=camel(_without(each, "TagList")),
            supplementary={"Tags": camel(each.get("TagList", []))},
            relations=(
                *(
                    Relation("AWS::RDS::DBSubnetGroup", one, "Is associated with DBSubnetGroup")
                    for one in [each.get("DBSubnetGroup", {}).get("DBSubnetGroupName")]
                    if one
                ),
                *(
                    Relation("AWS::EC2::SecurityGroup", one, "Is associated with SecurityGroup")
                    for one in groups
                ),
            ),
            created=each.get("InstanceCreateTime"),
            settled=each["DBInstanceStatus"] not in _CHANGES_BY_ITSELF,
        )


def database_snapshots(view: View) -> Iterator[Found]:
    """Snapshots of RDS, each with who may restore it."""
    for each in view("rds", "DescribeDBSnapshots")["DBSnapshots"]:
        name = each["DBSnapshotIdentifier"]
        attributes = view("rds", "DescribeDBSnapshotAttributes", DBSnapshotIdentifier=name)
        result: Any = attributes["DBSnapshotAttributesResult"]
        yield Found(
            type=DATABASE_SNAPSHOT,
            id=name,
            name=name,
            arn=each["DBSnapshotArn"],
            zone=each.get("AvailabilityZone", REGIONAL),
            tags=tags_of(each.get("TagList")),
            configuration=camel(_without(each, "TagList")),
            supplementary={
                "DBSnapshotAttributes": camel(result.get("DBSnapshotAttributes", [])),
                "Tags": camel(each.get("TagList", [])),
            },
            relations=tuple(
                Relation("AWS::EC2::VPC", one, "Is associated with Vpc") for one in [each.get("VpcId")] if one
            ),
            created=each.get("SnapshotCreateTime"),
        )


def _without(each: Mapping[str, Any], name: str) -> dict[str, Any]:
    return {key: value for key, value in each.items() if key != name}


TYPES = (
    ResourceType(name=FUNCTION, service="lambda", look=functions),
    ResourceType(name=KEY, service="kms", look=keys),
    ResourceType(name=TABLE, service="dynamodb", look=tables),
    ResourceType(name=TRAIL, service="cloudtrail", look=trails),
    ResourceType(name=TOPIC, service="sns", look=topics),
    ResourceType(name=QUEUE, service="sqs", look=queues),
    ResourceType(name=DATABASE, service="rds", look=databases),
    ResourceType(name=DATABASE_SNAPSHOT, service="rds", look=database_snapshots),
)
