"""IAM's rows for Organizations: asked about as a whole, as far as it is known here."""

from scenarios.cloud.authorization.rows import JSON, Permissions

_LINES = """
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


PERMISSIONS = Permissions(
    prefix="organizations",
    denial=JSON,
    lines=_LINES,
)
