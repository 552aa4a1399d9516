"""The fifteen metric filters of the CIS AWS Foundations benchmark: for each, records it catches and others.

Benchmark sections 4.1 to 4.15 (3.1 to 3.14 in version 1.2).
"""

import json

import pytest

from chalicelib.matching.log_pattern import LogPattern


def any_name(*names, quoted=False):
    """Conditions on the event's name as the benchmark writes them, joined by or."""
    quote = '"' if quoted else ""
    return " || ".join(f"($.eventName = {quote}{name}{quote})" for name in names)


def of_source(source, names, *, quoted=False):
    return f"{{ ($.eventSource = {source}) && ({any_name(*names, quoted=quoted)}) }}"


UNAUTHORIZED_CALLS = '{ ($.errorCode="*UnauthorizedOperation") || ($.errorCode="AccessDenied*") }'
SIGN_IN_WITHOUT_MFA = (
    '{ ($.eventName = "ConsoleLogin") && ($.additionalEventData.MFAUsed != "Yes")'
    ' && ($.userIdentity.type = "IAMUser") && ($.responseElements.ConsoleLogin = "Success") }'
)
SIGN_IN_WITHOUT_MFA_1_2 = '{ ($.eventName = "ConsoleLogin") && ($.additionalEventData.MFAUsed != "Yes") }'
ROOT_USE = (
    '{ $.userIdentity.type = "Root" && $.userIdentity.invokedBy NOT EXISTS'
    ' && $.eventType != "AwsServiceEvent" }'
)
IAM_NAMES = [
    *("DeleteGroupPolicy", "DeleteRolePolicy", "DeleteUserPolicy", "PutGroupPolicy", "PutRolePolicy"),
    *("PutUserPolicy", "CreatePolicy", "DeletePolicy", "CreatePolicyVersion", "DeletePolicyVersion"),
    *("AttachRolePolicy", "DetachRolePolicy", "AttachUserPolicy", "DetachUserPolicy", "AttachGroupPolicy"),
    "DetachGroupPolicy",
]
IAM_CHANGES = "{" + "||".join(f"($.eventName={name})" for name in IAM_NAMES) + "}"
TRAIL_NAMES = ["CreateTrail", "UpdateTrail", "DeleteTrail", "StartLogging", "StopLogging"]
TRAIL_CHANGES = f"{{ {any_name(*TRAIL_NAMES)} }}"
SIGN_IN_FAILURES = '{ ($.eventName = ConsoleLogin) && ($.errorMessage = "Failed authentication") }'
KEY_LOSS = of_source("kms.amazonaws.com", ["DisableKey", "ScheduleKeyDeletion"])
BUCKET_NAMES = [
    *("PutBucketAcl", "PutBucketPolicy", "PutBucketCors", "PutBucketLifecycle", "PutBucketReplication"),
    *("DeleteBucketPolicy", "DeleteBucketCors", "DeleteBucketLifecycle", "DeleteBucketReplication"),
]
BUCKET_CHANGES = of_source("s3.amazonaws.com", BUCKET_NAMES)
CONFIG_CHANGES = of_source(
    "config.amazonaws.com",
    [
        *("StopConfigurationRecorder", "DeleteDeliveryChannel", "PutDeliveryChannel"),
        "PutConfigurationRecorder",
    ],
)
GROUP_NAMES = [
    *("AuthorizeSecurityGroupIngress", "AuthorizeSecurityGroupEgress", "RevokeSecurityGroupIngress"),
    *("RevokeSecurityGroupEgress", "CreateSecurityGroup", "DeleteSecurityGroup"),
]
GROUP_CHANGES = f"{{ {any_name(*GROUP_NAMES)}}}"
ACL_NAMES = [
    *("CreateNetworkAcl", "CreateNetworkAclEntry", "DeleteNetworkAcl", "DeleteNetworkAclEntry"),
    *("ReplaceNetworkAclEntry", "ReplaceNetworkAclAssociation"),
]
ACL_CHANGES = f"{{ {any_name(*ACL_NAMES)} }}"
GATEWAY_NAMES = [
    *("CreateCustomerGateway", "DeleteCustomerGateway", "AttachInternetGateway", "CreateInternetGateway"),
    *("DeleteInternetGateway", "DetachInternetGateway"),
]
GATEWAY_CHANGES = f"{{ {any_name(*GATEWAY_NAMES)} }}"
ROUTE_NAMES = [
    *("CreateRoute", "CreateRouteTable", "ReplaceRoute", "ReplaceRouteTableAssociation", "DeleteRouteTable"),
    *("DeleteRoute", "DisassociateRouteTable"),
]
ROUTE_CHANGES = f"{{ {any_name(*ROUTE_NAMES)} }}"
VPC_NAMES = [
    *("CreateVpc", "DeleteVpc", "ModifyVpcAttribute", "AcceptVpcPeeringConnection"),
    *("CreateVpcPeeringConnection", "DeleteVpcPeeringConnection", "RejectVpcPeeringConnection"),
    *("AttachClassicLinkVpc", "DetachClassicLinkVpc", "DisableVpcClassicLink", "EnableVpcClassicLink"),
]
VPC_CHANGES = f"{{ {any_name(*VPC_NAMES)} }}"
ORGANIZATION_NAMES = [
    *("AcceptHandshake", "AttachPolicy", "CreateAccount", "CreateOrganizationalUnit", "CreatePolicy"),
    *("DeclineHandshake", "DeleteOrganization", "DeleteOrganizationalUnit", "DeletePolicy", "DetachPolicy"),
    *("DisablePolicyType", "EnablePolicyType", "InviteAccountToOrganization", "LeaveOrganization"),
    *("MoveAccount", "RemoveAccountFromOrganization", "UpdatePolicy", "UpdateOrganizationalUnit"),
]
ORGANIZATION_CHANGES = of_source("organizations.amazonaws.com", ORGANIZATION_NAMES, quoted=True)


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
    pytest.param(
        UNAUTHORIZED_CALLS, record("RunInstances", errorCode="Client.UnauthorizedOperation"), id="4.1 EC2"
    ),
    pytest.param(UNAUTHORIZED_CALLS, record("GetObject", "s3", errorCode="AccessDenied"), id="4.1 S3"),
    pytest.param(
        UNAUTHORIZED_CALLS, record("CreateKey", "kms", errorCode="AccessDeniedException"), id="4.1 KMS"
    ),
    pytest.param(SIGN_IN_WITHOUT_MFA, sign_in("Success", "No"), id="4.2"),
    pytest.param(SIGN_IN_WITHOUT_MFA_1_2, sign_in("Failure", "No"), id="4.2 of version 1.2 counts failures"),
    pytest.param(ROOT_USE, record("ListBuckets", "s3", userIdentity=ROOT), id="4.3"),
    pytest.param(IAM_CHANGES, record("AttachUserPolicy", "iam"), id="4.4"),
    pytest.param(IAM_CHANGES, record("CreatePolicy", "organizations"), id="4.4 also catches Organizations"),
    pytest.param(TRAIL_CHANGES, record("StopLogging", "cloudtrail"), id="4.5"),
    pytest.param(SIGN_IN_FAILURES, sign_in("Failure", "No", errorMessage="Failed authentication"), id="4.6"),
    pytest.param(KEY_LOSS, record("ScheduleKeyDeletion", "kms"), id="4.7"),
    pytest.param(BUCKET_CHANGES, record("PutBucketPolicy", "s3"), id="4.8"),
    pytest.param(CONFIG_CHANGES, record("StopConfigurationRecorder", "config"), id="4.9"),
    pytest.param(GROUP_CHANGES, record("AuthorizeSecurityGroupIngress"), id="4.10"),
    pytest.param(ACL_CHANGES, record("ReplaceNetworkAclAssociation"), id="4.11"),
    pytest.param(GATEWAY_CHANGES, record("AttachInternetGateway"), id="4.12"),
    pytest.param(ROUTE_CHANGES, record("DisassociateRouteTable"), id="4.13"),
    pytest.param(VPC_CHANGES, record("CreateVpcPeeringConnection"), id="4.14"),
    pytest.param(ORGANIZATION_CHANGES, record("LeaveOrganization", "organizations"), id="4.15"),
]

NOT_CAUGHT = [
    pytest.param(UNAUTHORIZED_CALLS, record("RunInstances"), id="4.1 no error"),
    pytest.param(
        UNAUTHORIZED_CALLS, record("RunInstances", errorCode="Client.DryRunOperation"), id="4.1 other error"
    ),
    pytest.param(SIGN_IN_WITHOUT_MFA, sign_in("Success", "Yes"), id="4.2 with MFA"),
    pytest.param(SIGN_IN_WITHOUT_MFA, sign_in("Failure", "No"), id="4.2 failed"),
    pytest.param(SIGN_IN_WITHOUT_MFA, record("ConsoleLogin", "signin"), id="4.2 nothing told of MFA"),
    pytest.param(
        SIGN_IN_WITHOUT_MFA,
        sign_in("Success", "No", userIdentity={"type": "AssumedRole"}),
        id="4.2 single sign-on",
    ),
    pytest.param(ROOT_USE, record("ListBuckets", "s3"), id="4.3 a user"),
    pytest.param(
        ROOT_USE,
        record("PutObject", "s3", userIdentity={**ROOT, "invokedBy": "AWS Internal"}),
        id="4.3 a service",
    ),
    pytest.param(
        ROOT_USE,
        record("RotateKey", "kms", userIdentity=ROOT, eventType="AwsServiceEvent"),
        id="4.3 service event",
    ),
    pytest.param(IAM_CHANGES, record("CreateUser", "iam"), id="4.4"),
    pytest.param(TRAIL_CHANGES, record("LookupEvents", "cloudtrail"), id="4.5"),
    pytest.param(SIGN_IN_FAILURES, sign_in("Failure", "No"), id="4.6 failure without that message"),
    pytest.param(KEY_LOSS, record("EnableKey", "kms"), id="4.7 another call"),
    pytest.param(KEY_LOSS, record("DisableKey", "example"), id="4.7 another service"),
    pytest.param(BUCKET_CHANGES, record("CreateBucket", "s3"), id="4.8"),
    pytest.param(CONFIG_CHANGES, record("DescribeDeliveryChannels", "config"), id="4.9"),
    pytest.param(GROUP_CHANGES, record("DescribeSecurityGroups"), id="4.10"),
    pytest.param(ACL_CHANGES, record("DescribeNetworkAcls"), id="4.11"),
    pytest.param(GATEWAY_CHANGES, record("CreateNatGateway"), id="4.12"),
    pytest.param(ROUTE_CHANGES, record("AssociateRouteTable"), id="4.13"),
    pytest.param(VPC_CHANGES, record("CreateSubnet"), id="4.14"),
    pytest.param(ORGANIZATION_CHANGES, record("CreatePolicy", "iam"), id="4.15 the same call of IAM"),
]


@pytest.mark.parametrize(("pattern", "message"), CAUGHT)
def test_the_benchmark_catches_what_it_is_there_for(pattern, message):
    assert LogPattern(pattern).matches(message)


@pytest.mark.parametrize(("pattern", "message"), NOT_CAUGHT)
def test_the_benchmark_leaves_alone_what_is_beside(pattern, message):
    assert not LogPattern(pattern).matches(message)


@pytest.mark.parametrize(
    ("pattern", "names", "source"),
    [
        pytest.param(IAM_CHANGES, IAM_NAMES, "iam", id="4.4"),
        pytest.param(TRAIL_CHANGES, TRAIL_NAMES, "cloudtrail", id="4.5"),
        pytest.param(BUCKET_CHANGES, BUCKET_NAMES, "s3", id="4.8"),
        pytest.param(GROUP_CHANGES, GROUP_NAMES, "ec2", id="4.10"),
        pytest.param(ACL_CHANGES, ACL_NAMES, "ec2", id="4.11"),
        pytest.param(GATEWAY_CHANGES, GATEWAY_NAMES, "ec2", id="4.12"),
        pytest.param(ROUTE_CHANGES, ROUTE_NAMES, "ec2", id="4.13"),
        pytest.param(VPC_CHANGES, VPC_NAMES, "ec2", id="4.14"),
        pytest.param(ORGANIZATION_CHANGES, ORGANIZATION_NAMES, "organizations", id="4.15"),
    ],
)
def test_every_name_in_a_list_is_caught(pattern, names, source):
    compiled = LogPattern(pattern)

    assert [name for name in names if not compiled.matches(record(name, source))] == []
