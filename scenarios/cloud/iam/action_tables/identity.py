"""IAM, STS, KMS, Organizations.

A user's or role's ARN is made from its name alone: the parameters don't tell its path. IAM operations that
may leave the user out mean the caller. A KMS key that is named by an alias has to be looked up first.
"""

IAM = """
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
CreateInstanceProfile           =                         instance_profile(InstanceProfileName)
GetInstanceProfile              =                         instance_profile(InstanceProfileName)
DeleteInstanceProfile           =                         instance_profile(InstanceProfileName)
AddRoleToInstanceProfile        =                         instance_profile(InstanceProfileName)
AddRoleToInstanceProfile        iam:PassRole              role(RoleName)
RemoveRoleFromInstanceProfile   =                         instance_profile(InstanceProfileName)
CreatePolicy                    =                         policy(PolicyName)
GetPolicy                       =                         policy(PolicyArn)
DeletePolicy                    =                         policy(PolicyArn)
CreatePolicyVersion             =                         policy(PolicyArn)
GetPolicyVersion                =                         policy(PolicyArn)
DeletePolicyVersion             =                         policy(PolicyArn)
ListPolicyVersions              =                         policy(PolicyArn)
SetDefaultPolicyVersion         =                         policy(PolicyArn)
ListEntitiesForPolicy           =                         policy(PolicyArn)
CreateSAMLProvider              =                         saml_provider(Name)
UpdateSAMLProvider              =                         saml_provider(SAMLProviderArn)
DeleteSAMLProvider              =                         saml_provider(SAMLProviderArn)
"""

STS = """
GetSessionToken                 =                         *
DecodeAuthorizationMessage      =                         *
AssumeRole                      =                         role(RoleArn)
AssumeRole +Tags                sts:TagSession            role(RoleArn)
AssumeRole +SourceIdentity      sts:SetSourceIdentity     role(RoleArn)
"""

KMS = """
ListKeys                        =                         *
ListAliases                     =                         *
CreateKey                       =                         *
GenerateRandom                  =                         *
DescribeKey                     =                         key(KeyId)
EnableKey                       =                         key(KeyId)
DisableKey                      =                         key(KeyId)
ScheduleKeyDeletion             =                         key(KeyId)
CancelKeyDeletion               =                         key(KeyId)
GetKeyPolicy                    =                         key(KeyId)
PutKeyPolicy                    =                         key(KeyId)
ListKeyPolicies                 =                         key(KeyId)
GetKeyRotationStatus            =                         key(KeyId)
EnableKeyRotation               =                         key(KeyId)
DisableKeyRotation              =                         key(KeyId)
CreateAlias                     =                         alias(AliasName)
CreateAlias                     =                         key(TargetKeyId)
CreateGrant                     =                         key(KeyId)
ListGrants                      =                         key(KeyId)
RevokeGrant                     =                         key(KeyId)
Encrypt                         =                         key(KeyId)
Decrypt                         =                         key(KeyId)
ReEncrypt +SourceKeyId          kms:ReEncryptFrom         key(SourceKeyId)
ReEncrypt -SourceKeyId          kms:ReEncryptFrom         unknown(CiphertextBlob)
ReEncrypt                       kms:ReEncryptTo           key(DestinationKeyId)
GenerateDataKey                 =                         key(KeyId)
GenerateDataKeyWithoutPlaintext =                         key(KeyId)
Sign                            =                         key(KeyId)
Verify                          =                         key(KeyId)
GetPublicKey                    =                         key(KeyId)
GenerateMac                     =                         key(KeyId)
VerifyMac                       =                         key(KeyId)
UpdateKeyDescription            =                         key(KeyId)
TagResource                     =                         key(KeyId)
UntagResource                   =                         key(KeyId)
ListResourceTags                =                         key(KeyId)
"""

ORGANIZATIONS = """
DescribeOrganization            =                         *
ListAccounts                    =                         *
ListRoots                       =                         *
LeaveOrganization               =                         *
DeleteOrganization              =                         *
CreateOrganization              =                         *
CreateAccount                   =                         *
ListAWSServiceAccessForOrganization =                     *
EnableAWSServiceAccess          =                         *
DisableAWSServiceAccess         =                         *
ListDelegatedAdministrators     =                         *
ListPolicies                    =                         *
CreatePolicy                    =                         *
EnableAllFeatures               =                         *
InviteAccountToOrganization     =                         unknown(Target)
RemoveAccountFromOrganization   =                         unknown(AccountId)
DescribeAccount                 =                         unknown(AccountId)
AttachPolicy                    =                         unknown(PolicyId)
DetachPolicy                    =                         unknown(PolicyId)
"""
