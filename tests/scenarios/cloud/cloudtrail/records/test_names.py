"""What a record calls a service, an operation, an error, a region; which calls are data, which only read."""

from dataclasses import replace

import pytest

from scenarios.cloud.cloudtrail.records.records import error_code
from tests.scenarios.cloud.cloudtrail.records.real_calls import RECORDS, called, recorded


def test_a_long_error_is_cut_as_aws_cuts_it():
    call = replace(called("ec2", "RunInstances"), error=("UnauthorizedOperation", "x" * 3000))

    assert recorded(call)["errorMessage"] == "x" * 1023 + "..."


def test_an_iam_call_belongs_to_us_east_1_wherever_it_was_made():
    record = recorded(called("iam", "DeleteUser", UserName="eve"))

    assert record["awsRegion"] == "us-east-1"
    assert record["tlsDetails"]["clientProvidedHostHeader"] == "iam.amazonaws.com"


ERROR_CODES = [
    pytest.param(
        "iam", "DeleteUser", "NoSuchEntity", "NoSuchEntityException", id="iam: the exception's name"
    ),
    pytest.param("sns", "Publish", "NotFound", "NotFoundException", id="sns: likewise"),
    pytest.param("iam", "DeleteUser", "Throttling", "Throttling", id="a code the model does not know stays"),
    pytest.param(
        "dynamodb", "DeleteTable", "AccessDeniedException", "AccessDenied", id="a JSON service's denial"
    ),
    pytest.param("sns", "Publish", "AuthorizationError", "AccessDenied", id="a query service's denial"),
    pytest.param("logs", "DeleteLogGroup", "AccessDeniedException", "AccessDenied", id="a denial by logs"),
    pytest.param(
        "ec2", "RunInstances", "UnauthorizedOperation", "Client.UnauthorizedOperation", id="ec2's denial"
    ),
    pytest.param("ec2", "RunInstances", "DryRunOperation", "Client.DryRunOperation", id="ec2: a dry run"),
    pytest.param("ec2", "RunInstances", "InternalError", "Server.InternalError", id="ec2: its own fault"),
    pytest.param(
        "cloudtrail", "StopLogging", "TrailNotFoundException", "TrailNotFoundException", id="as it is"
    ),
    pytest.param("s3", "GetObject", "NoSuchKey", "NoSuchKey", id="s3: as it is"),
]


@pytest.mark.parametrize(("service", "operation", "code", "printed"), ERROR_CODES)
def test_an_error_code_as_cloudtrail_prints_it(service, operation, code, printed):
    assert error_code(RECORDS[service], operation, code) == printed


SOURCES = [
    pytest.param("cloudwatch", "monitoring.amazonaws.com", id="cloudwatch"),
    pytest.param("events", "events.amazonaws.com", id="events"),
    pytest.param("logs", "logs.amazonaws.com", id="logs"),
    pytest.param("stepfunctions", "states.amazonaws.com", id="step functions"),
    pytest.param("ses", "ses.amazonaws.com", id="ses, not its endpoint's email"),
    pytest.param("elbv2", "elasticloadbalancing.amazonaws.com", id="both load balancers have one"),
    pytest.param("ecr", "ecr.amazonaws.com", id="ecr, not api.ecr"),
    pytest.param("sso-admin", "sso.amazonaws.com", id="identity center"),
    pytest.param("s3control", "s3.amazonaws.com", id="the account's side of s3"),
    pytest.param("dynamodbstreams", "dynamodb.amazonaws.com", id="streams belong to their tables"),
]


@pytest.mark.parametrize(("service", "source"), SOURCES)
def test_the_event_source_of_a_service(service, source):
    assert RECORDS[service].event_source == source


NAMES = [
    pytest.param("lambda", "UpdateFunctionCode", "UpdateFunctionCode20150331v2", id="lambda, second edition"),
    pytest.param("lambda", "Invoke", "Invoke", id="lambda, plain"),
    pytest.param("s3control", "PutPublicAccessBlock", "PutAccountPublicAccessBlock", id="an account's block"),
    pytest.param("s3", "GetBucketLifecycleConfiguration", "GetBucketLifecycle", id="s3, by its older name"),
    pytest.param("dynamodb", "DeleteTable", "DeleteTable", id="mostly the api's name"),
]


@pytest.mark.parametrize(("service", "operation", "name"), NAMES)
def test_the_event_name_of_an_operation(service, operation, name):
    assert RECORDS[service].event_name(operation) == name


KINDS = [
    pytest.param("s3", "DeleteObject", True, False, id="an object's deletion"),
    pytest.param("s3", "HeadBucket", True, True, id="a look at a bucket"),
    pytest.param("s3", "DeleteBucket", False, False, id="a bucket's deletion"),
    pytest.param("dynamodb", "Query", True, True, id="a query"),
    pytest.param("dynamodb", "TransactWriteItems", True, False, id="a transaction"),
    pytest.param("dynamodb", "DeleteTable", False, False, id="a table's deletion"),
    pytest.param("lambda", "Invoke", True, False, id="an invocation"),
    pytest.param("sns", "Publish", True, False, id="a message published"),
    pytest.param("sns", "Subscribe", False, False, id="a subscription"),
    pytest.param("sqs", "ReceiveMessage", True, True, id="a message received"),
    pytest.param("sqs", "PurgeQueue", False, False, id="a queue purged"),
    pytest.param("kinesis", "PutRecords", True, False, id="records put"),
    pytest.param("events", "PutEvents", True, False, id="events put"),
    pytest.param("cloudwatch", "PutMetricData", True, False, id="metrics put"),
    pytest.param("kms", "Decrypt", False, True, id="a decryption is management, and a read"),
    pytest.param("sts", "AssumeRole", False, True, id="a role assumed is a read"),
    pytest.param("sts", "GetFederationToken", False, False, id="a federation token is a write"),
    pytest.param("secretsmanager", "GetSecretValue", False, True, id="a secret read"),
    pytest.param("cloudtrail", "LookupEvents", False, True, id="a look into the history"),
]


@pytest.mark.parametrize(("service", "operation", "data", "read_only"), KINDS)
def test_what_kind_of_event_a_call_is(service, operation, data, read_only):
    assert RECORDS[service].is_data_event(operation) is data
    assert RECORDS[service].is_read_only(operation) is read_only
    assert RECORDS[service].is_recorded(operation)


def test_log_lines_put_are_in_no_trail():
    assert not RECORDS["logs"].is_recorded("PutLogEvents")
    assert RECORDS["logs"].is_recorded("DeleteLogGroup")


REGIONS = [
    pytest.param("iam", "eu-west-1", "us-east-1", id="iam"),
    pytest.param("organizations", "eu-west-1", "us-east-1", id="organizations"),
    pytest.param("route53", "aws-global", "us-east-1", id="route 53"),
    pytest.param("sts", "eu-west-1", "eu-west-1", id="sts in a region"),
    pytest.param("sts", "aws-global", "us-east-1", id="sts at its global endpoint"),
    pytest.param("dynamodb", "eu-west-1", "eu-west-1", id="a regional service"),
]


@pytest.mark.parametrize(("service", "region", "expected"), REGIONS)
def test_where_a_call_is_recorded(service, region, expected):
    assert RECORDS[service].region(region) == expected
