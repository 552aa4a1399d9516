"""The fifteen metric filters of the CIS AWS Foundations benchmark: for each, records it catches and others.

The patterns of `chalicelib.remediations.cis_alarms.controls` are character for character the benchmark's,
sections 4.1 to 4.15.
"""

import json
import re

import pytest

from chalicelib.matching.logs.pattern import LogPattern
from chalicelib.remediations.cis_alarms.controls import CIS_CONTROLS

PATTERNS = {control.number: control.pattern for control in CIS_CONTROLS}
SIGN_IN_WITHOUT_MFA_1_2 = '{ ($.eventName = "ConsoleLogin") && ($.additionalEventData.MFAUsed != "Yes") }'


def record(name, source="ec2", **more):
    """A CloudTrail record as it stands in a log group: one line of JSON."""
    return json.dumps(
        {
            "eventVersion": "1.10",
            "userIdentity": {"type": "IAMUser", "userName": "mallory", "accountId": "111122223333"},
            "eventTime": "2026-03-03T10:15:01Z",
            "eventSource": f"{source}.amazonaws.com",
            "eventName": name,
            "sourceIPAddress": "203.0.113.7",
            "eventType": "AwsApiCall",
            "requestParameters": None,
            **more,
        }
    )


def sign_in(result, mfa, **more):
    return record(
        "ConsoleLogin",
        "signin",
        eventType="AwsConsoleSignIn",
        responseElements={"ConsoleLogin": result},
        additionalEventData={"MFAUsed": mfa},
        **more,
    )


ROOT = {"type": "Root", "accountId": "111122223333"}

CAUGHT = [
    pytest.param("4.1", record("RunInstances", errorCode="Client.UnauthorizedOperation"), id="4.1 EC2"),
    pytest.param("4.1", record("GetObject", "s3", errorCode="AccessDenied"), id="4.1 S3"),
    pytest.param("4.1", record("CreateKey", "kms", errorCode="AccessDeniedException"), id="4.1 KMS"),
    pytest.param("4.2", sign_in("Success", "No"), id="4.2"),
    pytest.param("4.3", record("ListBuckets", "s3", userIdentity=ROOT), id="4.3"),
    pytest.param("4.4", record("AttachUserPolicy", "iam"), id="4.4"),
    pytest.param("4.4", record("CreatePolicy", "organizations"), id="4.4 also catches Organizations"),
    pytest.param("4.5", record("StopLogging", "cloudtrail"), id="4.5"),
    pytest.param("4.6", sign_in("Failure", "No", errorMessage="Failed authentication"), id="4.6"),
    pytest.param("4.7", record("ScheduleKeyDeletion", "kms"), id="4.7"),
    pytest.param("4.8", record("PutBucketPolicy", "s3"), id="4.8"),
    pytest.param("4.9", record("StopConfigurationRecorder", "config"), id="4.9"),
    pytest.param("4.10", record("AuthorizeSecurityGroupIngress"), id="4.10"),
    pytest.param("4.11", record("ReplaceNetworkAclAssociation"), id="4.11"),
    pytest.param("4.12", record("AttachInternetGateway"), id="4.12"),
    pytest.param("4.13", record("DisassociateRouteTable"), id="4.13"),
    pytest.param("4.14", record("CreateVpcPeeringConnection"), id="4.14"),
    pytest.param("4.15", record("LeaveOrganization", "organizations"), id="4.15"),
]

NOT_CAUGHT = [
    pytest.param("4.1", record("RunInstances"), id="4.1 no error"),
    pytest.param("4.1", record("RunInstances", errorCode="Client.DryRunOperation"), id="4.1 other error"),
    pytest.param("4.2", sign_in("Success", "Yes"), id="4.2 with MFA"),
    pytest.param("4.2", sign_in("Failure", "No"), id="4.2 failed"),
    pytest.param("4.2", record("ConsoleLogin", "signin"), id="4.2 nothing told of MFA"),
    pytest.param(
        "4.2",
        sign_in("Success", "No", userIdentity={"type": "AssumedRole"}),
        id="4.2 single sign-on",
    ),
    pytest.param("4.2", sign_in("Success", "No", eventName="CheckMfa"), id="4.2 another event"),
    pytest.param("4.3", record("ListBuckets", "s3"), id="4.3 a user"),
    pytest.param(
        "4.3",
        record("PutObject", "s3", userIdentity={**ROOT, "invokedBy": "AWS Internal"}),
        id="4.3 a service",
    ),
    pytest.param(
        "4.3",
        record("RotateKey", "kms", userIdentity=ROOT, eventType="AwsServiceEvent"),
        id="4.3 service event",
    ),
    pytest.param("4.4", record("CreateUser", "iam"), id="4.4"),
    pytest.param("4.5", record("LookupEvents", "cloudtrail"), id="4.5"),
    pytest.param("4.6", sign_in("Failure", "No"), id="4.6 failure without that message"),
    pytest.param(
        "4.6", record("CheckMfa", "signin", errorMessage="Failed authentication"), id="4.6 another event"
    ),
    pytest.param("4.7", record("EnableKey", "kms"), id="4.7 another call"),
    pytest.param("4.7", record("DisableKey", "example"), id="4.7 another service"),
    pytest.param("4.8", record("CreateBucket", "s3"), id="4.8 another call"),
    pytest.param("4.8", record("PutBucketPolicy", "s3-outposts"), id="4.8 another service"),
    pytest.param("4.9", record("DescribeDeliveryChannels", "config"), id="4.9 another call"),
    pytest.param("4.9", record("PutDeliveryChannel", "example"), id="4.9 another service"),
    pytest.param("4.10", record("DescribeSecurityGroups"), id="4.10"),
    pytest.param("4.11", record("DescribeNetworkAcls"), id="4.11"),
    pytest.param("4.12", record("CreateNatGateway"), id="4.12"),
    pytest.param("4.13", record("AssociateRouteTable"), id="4.13"),
    pytest.param("4.14", record("CreateSubnet"), id="4.14"),
    pytest.param("4.15", record("CreatePolicy", "iam"), id="4.15 the same call of IAM"),
    pytest.param("4.15", record("DescribeOrganization", "organizations"), id="4.15 another call"),
]


@pytest.mark.parametrize(("number", "message"), CAUGHT)
def test_the_benchmark_catches_what_it_is_there_for(number, message):
    assert LogPattern(PATTERNS[number]).matches(message)


@pytest.mark.parametrize(("number", "message"), NOT_CAUGHT)
def test_the_benchmark_leaves_alone_what_is_beside(number, message):
    assert not LogPattern(PATTERNS[number]).matches(message)


@pytest.mark.parametrize(
    "rows", [pytest.param(CAUGHT, id="caught"), pytest.param(NOT_CAUGHT, id="left alone")]
)
def test_every_pattern_has_its_rows(rows):
    assert {row.values[0] for row in rows} == PATTERNS.keys()


def test_version_1_2_counted_failed_sign_ins_too():
    assert LogPattern(SIGN_IN_WITHOUT_MFA_1_2).matches(sign_in("Failure", "No"))


# How many calls the benchmark lists, and whose they are.
LISTS = [
    pytest.param("4.4", 16, "iam", id="4.4"),
    pytest.param("4.5", 5, "cloudtrail", id="4.5"),
    pytest.param("4.7", 2, "kms", id="4.7"),
    pytest.param("4.8", 9, "s3", id="4.8"),
    pytest.param("4.9", 4, "config", id="4.9"),
    pytest.param("4.10", 6, "ec2", id="4.10"),
    pytest.param("4.11", 6, "ec2", id="4.11"),
    pytest.param("4.12", 6, "ec2", id="4.12"),
    pytest.param("4.13", 7, "ec2", id="4.13"),
    pytest.param("4.14", 11, "ec2", id="4.14"),
    pytest.param("4.15", 18, "organizations", id="4.15"),
]


@pytest.mark.parametrize(("number", "count", "source"), LISTS)
def test_every_name_in_a_list_is_caught(number, count, source):
    names = re.findall(r'eventName\s*=\s*"?(\w+)', PATTERNS[number])
    compiled = LogPattern(PATTERNS[number])

    assert len(set(names)) == count
    assert [name for name in names if not compiled.matches(record(name, source))] == []
