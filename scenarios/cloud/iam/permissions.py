"""IAM's rows for IAM: users, groups, roles, policies.

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
    Place,
    document,
)
from scenarios.cloud.authorization.wildcards import UNNAMED
from scenarios.cloud.kernel import moto_iam

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
GetAccessKeyLastUsed            =                         user-of-key(AccessKeyId)
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
UploadSigningCertificate        =                         user(UserName=CALLER)
ListSigningCertificates         =                         user(UserName=CALLER)
UpdateSigningCertificate        =                         user(UserName=CALLER)
DeleteSigningCertificate        =                         user(UserName=CALLER)
UploadSSHPublicKey              =                         user(UserName)
GetSSHPublicKey                 =                         user(UserName)
ListSSHPublicKeys               =                         user(UserName=CALLER)
UpdateSSHPublicKey              =                         user(UserName)
DeleteSSHPublicKey              =                         user(UserName)
CreateServiceSpecificCredential =                         user(UserName)
ListServiceSpecificCredentials  =                         user(UserName=CALLER)
UpdateServiceSpecificCredential =                         user(UserName=CALLER)
ResetServiceSpecificCredential  =                         user(UserName=CALLER)
DeleteServiceSpecificCredential =                         user(UserName=CALLER)
ResyncMFADevice                 =                         user(UserName)
CreateGroup                     =                         group(GroupName)
GetGroup                        =                         group(GroupName)
UpdateGroup                     =                         group(GroupName)
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
UpdateRoleDescription           =                         role(RoleName)
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
CreateServiceLinkedRole         =                         service-linked-role(AWSServiceName)
DeleteServiceLinkedRole         =                         role(RoleName)
GetServiceLinkedRoleDeletionStatus =                      service-linked-role(DeletionTaskId)
CreateInstanceProfile           =                         instance-profile(InstanceProfileName)
GetInstanceProfile              =                         instance-profile(InstanceProfileName)
DeleteInstanceProfile           =                         instance-profile(InstanceProfileName)
ListInstanceProfileTags         =                         instance-profile(InstanceProfileName)
TagInstanceProfile              =                         instance-profile(InstanceProfileName)
UntagInstanceProfile            =                         instance-profile(InstanceProfileName)
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
ListPolicyTags                  =                         policy(PolicyArn)
TagPolicy                       =                         policy(PolicyArn)
UntagPolicy                     =                         policy(PolicyArn)
CreateSAMLProvider              =                         saml-provider(Name)
UpdateSAMLProvider              =                         saml-provider(SAMLProviderArn)
DeleteSAMLProvider              =                         saml-provider(SAMLProviderArn)
GetSAMLProvider                 =                         saml-provider(SAMLProviderArn)
ListSAMLProviderTags            =                         saml-provider(SAMLProviderArn)
TagSAMLProvider                 =                         saml-provider(SAMLProviderArn)
UntagSAMLProvider               =                         saml-provider(SAMLProviderArn)
CreateOpenIDConnectProvider     =                         new-oidc-provider(Url)
GetOpenIDConnectProvider        =                         oidc-provider(OpenIDConnectProviderArn)
DeleteOpenIDConnectProvider     =                         oidc-provider(OpenIDConnectProviderArn)
AddClientIDToOpenIDConnectProvider =                         oidc-provider(OpenIDConnectProviderArn)
RemoveClientIDFromOpenIDConnectProvider =                         oidc-provider(OpenIDConnectProviderArn)
UpdateOpenIDConnectProviderThumbprint =                         oidc-provider(OpenIDConnectProviderArn)
ListOpenIDConnectProviderTags   =                         oidc-provider(OpenIDConnectProviderArn)
TagOpenIDConnectProvider        =                         oidc-provider(OpenIDConnectProviderArn)
UntagOpenIDConnectProvider      =                         oidc-provider(OpenIDConnectProviderArn)
UploadServerCertificate         =                         server-certificate(ServerCertificateName)
GetServerCertificate            =                         server-certificate(ServerCertificateName)
UpdateServerCertificate         =                         server-certificate(ServerCertificateName)
DeleteServerCertificate         =                         server-certificate(ServerCertificateName)
ListServerCertificateTags       =                         server-certificate(ServerCertificateName)
TagServerCertificate            =                         server-certificate(ServerCertificateName)
UntagServerCertificate          =                         server-certificate(ServerCertificateName)
ListMFADeviceTags               =                         mfa(SerialNumber)
TagMFADevice                    =                         mfa(SerialNumber)
UntagMFADevice                  =                         mfa(SerialNumber)
"""


def _new_provider(place: Place, url: str) -> str:
    """An OpenID Connect provider is named after its URL, without https://."""
    return f"arn:aws:iam::{place.account}:oidc-provider/{url.partition('://')[2]}"


def _service_linked_role(_place: Place, _service: str) -> str:
    """The service alone knows what its role will be called."""
    return UNNAMED


def _user_of_key(place: Place, key_id: str) -> str:
    """Whose access key it is; of a key that nobody has, nothing tells."""
    found = moto_iam.access_key(key_id)
    user = moto_iam.user(place.account, found[1]) if found and found[0] == place.account else None
    return str(user.arn) if user is not None else UNNAMED


def _trust_policy(arn: Arn) -> Document | None:
    found = moto_iam.role(arn.account, arn.rest.rpartition("/")[2])
    return document(found.assume_role_policy_document) if found is not None else None


def _tags(arn: Arn) -> dict[str, str] | None:
    """The tags of a user or a role."""
    kind, name = arn.rest.partition("/")[0], arn.rest.rpartition("/")[2]
    if kind == "user":
        return moto_iam.user_tags(arn.account, arn.text)
    return moto_iam.role_tags(arn.account, name) if kind == "role" else None


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
    kinds={
        "new-oidc-provider": _new_provider,
        "service-linked-role": _service_linked_role,
        "user-of-key": _user_of_key,
    },
    policy_of=_trust_policy,
    tags_of=_tags,
)
