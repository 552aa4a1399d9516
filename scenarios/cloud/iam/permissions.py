"""IAM: users, groups, roles, policies.

A user's or role's ARN is made from its name alone: the parameters don't tell its path. IAM operations that
may leave the user out mean the caller.
"""

from scenarios.cloud.authorization.request_keys import UNKNOWN
from scenarios.cloud.authorization.rows import (
    QUERY,
    Arn,
    Asking,
    ContextKey,
    Document,
    KeyValue,
    Permissions,
    document,
)
from scenarios.cloud.kernel import moto_state

_LINES = """
ListUsers                       =                         *
ListRoles                       =                         *
ListGroups                      =                         *
ListPolicies                    =                         *
ListInstanceProfiles            =                         *
ListAccountAliases              =                         *
ListSAMLProviders               =                         *
ListOpenIDConnectProviders      =                         *
ListVirtualMFADevices           =                         *
ListServerCertificates          =                         *
GetAccountSummary               =                         *
GetAccountAuthorizationDetails  =                         *
GetAccountPasswordPolicy        =                         *
UpdateAccountPasswordPolicy     =                         *
DeleteAccountPasswordPolicy     =                         *
GenerateCredentialReport        =                         *
GetCredentialReport             =                         *
GetAccessKeyLastUsed            =                         unknown(AccessKeyId)
CreateAccountAlias              =                         *
DeleteAccountAlias              =                         *
CreateUser                      =                         user(UserName)
GetUser                         =                         user(UserName=CALLER)
UpdateUser                      =                         user(UserName)
DeleteUser                      =                         user(UserName)
CreateLoginProfile              =                         user(UserName=CALLER)
GetLoginProfile                 =                         user(UserName=CALLER)
UpdateLoginProfile              =                         user(UserName)
DeleteLoginProfile              =                         user(UserName=CALLER)
CreateAccessKey                 =                         user(UserName=CALLER)
ListAccessKeys                  =                         user(UserName=CALLER)
UpdateAccessKey                 =                         user(UserName=CALLER)
DeleteAccessKey                 =                         user(UserName=CALLER)
ListMFADevices                  =                         user(UserName=CALLER)
EnableMFADevice                 =                         user(UserName)
DeactivateMFADevice             =                         user(UserName=CALLER)
CreateVirtualMFADevice          =                         mfa(VirtualMFADeviceName)
DeleteVirtualMFADevice          =                         mfa(SerialNumber)
AttachUserPolicy                =                         user(UserName)
DetachUserPolicy                =                         user(UserName)
PutUserPolicy                   =                         user(UserName)
GetUserPolicy                   =                         user(UserName)
DeleteUserPolicy                =                         user(UserName)
ListUserPolicies                =                         user(UserName)
ListAttachedUserPolicies        =                         user(UserName)
ListGroupsForUser               =                         user(UserName)
ListUserTags                    =                         user(UserName)
TagUser                         =                         user(UserName)
UntagUser                       =                         user(UserName)
PutUserPermissionsBoundary      =                         user(UserName)
DeleteUserPermissionsBoundary   =                         user(UserName)
ChangePassword                  =                         user(=CALLER)
CreateGroup                     =                         group(GroupName)
GetGroup                        =                         group(GroupName)
DeleteGroup                     =                         group(GroupName)
AddUserToGroup                  =                         group(GroupName)
RemoveUserFromGroup             =                         group(GroupName)
AttachGroupPolicy               =                         group(GroupName)
DetachGroupPolicy               =                         group(GroupName)
PutGroupPolicy                  =                         group(GroupName)
GetGroupPolicy                  =                         group(GroupName)
DeleteGroupPolicy               =                         group(GroupName)
ListGroupPolicies               =                         group(GroupName)
ListAttachedGroupPolicies       =                         group(GroupName)
CreateRole                      =                         role(RoleName)
GetRole                         =                         role(RoleName)
UpdateRole                      =                         role(RoleName)
DeleteRole                      =                         role(RoleName)
UpdateAssumeRolePolicy          =                         role(RoleName)
AttachRolePolicy                =                         role(RoleName)
DetachRolePolicy                =                         role(RoleName)
PutRolePolicy                   =                         role(RoleName)
GetRolePolicy                   =                         role(RoleName)
DeleteRolePolicy                =                         role(RoleName)
ListRolePolicies                =                         role(RoleName)
ListAttachedRolePolicies        =                         role(RoleName)
ListRoleTags                    =                         role(RoleName)
TagRole                         =                         role(RoleName)
UntagRole                       =                         role(RoleName)
PutRolePermissionsBoundary      =                         role(RoleName)
DeleteRolePermissionsBoundary   =                         role(RoleName)
ListInstanceProfilesForRole     =                         role(RoleName)
CreateServiceLinkedRole         =                         unknown(AWSServiceName)
CreateInstanceProfile           =                         instance-profile(InstanceProfileName)
GetInstanceProfile              =                         instance-profile(InstanceProfileName)
DeleteInstanceProfile           =                         instance-profile(InstanceProfileName)
AddRoleToInstanceProfile        =                         instance-profile(InstanceProfileName)
AddRoleToInstanceProfile        iam:PassRole              role(RoleName)
RemoveRoleFromInstanceProfile   =                         instance-profile(InstanceProfileName)
CreatePolicy                    =                         policy(PolicyName)
GetPolicy                       =                         policy(PolicyArn)
DeletePolicy                    =                         policy(PolicyArn)
CreatePolicyVersion             =                         policy(PolicyArn)
GetPolicyVersion                =                         policy(PolicyArn)
DeletePolicyVersion             =                         policy(PolicyArn)
ListPolicyVersions              =                         policy(PolicyArn)
SetDefaultPolicyVersion         =                         policy(PolicyArn)
ListEntitiesForPolicy           =                         policy(PolicyArn)
CreateSAMLProvider              =                         saml-provider(Name)
UpdateSAMLProvider              =                         saml-provider(SAMLProviderArn)
DeleteSAMLProvider              =                         saml-provider(SAMLProviderArn)
"""


def _trust_policy(arn: Arn) -> Document | None:
    found = moto_state.role(arn.account, arn.rest.rpartition("/")[2])
    return document(found.assume_role_policy_document) if found is not None else None


def _tags(arn: Arn) -> dict[str, str] | None:
    """The tags of a user or a role."""
    kind, name = arn.rest.partition("/")[0], arn.rest.rpartition("/")[2]
    if kind == "user":
        return moto_state.user_tags(arn.account, arn.text)
    return moto_state.role_tags(arn.account, name) if kind == "role" else None


def _boundary(asking: Asking, _name: str) -> KeyValue:
    """The boundary that a call sets; the one that a user or role has already follows from the resource."""
    handed_in: str | None = asking.parameters.get("PermissionsBoundary")
    return handed_in if handed_in or asking.operation in {"CreateUser", "CreateRole"} else UNKNOWN


PERMISSIONS = Permissions(
    prefix="iam",
    denial=QUERY,
    lines=_LINES,
    context=(
        ContextKey(key="iam:PermissionsBoundary", value=_boundary),
        ContextKey(key="iam:PolicyARN", parameter="PolicyArn"),
        ContextKey(key="iam:AWSServiceName", parameter="AWSServiceName"),
    ),
    policy_of=_trust_policy,
    tags_of=_tags,
)
