"""Organizations: accounts, units, roots and policies, by their ids.

The ARNs carry the organization and its management account, which the ids that a call names don't tell: they
are looked up. Handshakes and responsibility transfers are not simulated.

Source: https://docs.aws.amazon.com/service-authorization/latest/reference/list_awsorganizations.html
"""

from functools import partial

from scenarios.cloud.authorization.rows import JSON, Permissions, Place
from scenarios.cloud.kernel import moto_organizations

_LINES = """
DescribeOrganization            =                         *
ListAccounts                    =                         *
ListRoots                       =                         *
LeaveOrganization               =                         *
DeleteOrganization              =                         *
CreateOrganization              =                         *
CreateAccount                   =                         *
ListCreateAccountStatus         =                         *
DescribeCreateAccountStatus     =                         *
ListAWSServiceAccessForOrganization =                     *
EnableAWSServiceAccess          =                         *
DisableAWSServiceAccess         =                         *
ListDelegatedAdministrators     =                         *
ListPolicies                    =                         *
CreatePolicy                    =                         *
EnableAllFeatures               =                         *
InviteAccountToOrganization     =                         account_or_other(Target.Id)
RemoveAccountFromOrganization   =                         account_or_other(AccountId)
CloseAccount                    =                         account_or_other(AccountId)
DescribeAccount                 =                         account_or_other(AccountId)
MoveAccount                     =                         account_or_other(AccountId)
MoveAccount                     =                         parent(SourceParentId)
MoveAccount                     =                         parent(DestinationParentId)
RegisterDelegatedAdministrator  =                         account_or_other(AccountId)
DeregisterDelegatedAdministrator =                        account_or_other(AccountId)
ListDelegatedServicesForAccount =                         account_or_other(AccountId)
ListParents                     =                         account_or_other(ChildId)
ListChildren                    =                         parent(ParentId)
ListAccountsForParent           =                         parent(ParentId)
ListOrganizationalUnitsForParent =                        parent(ParentId)
CreateOrganizationalUnit        =                         parent(ParentId)
DescribeOrganizationalUnit      =                         parent(OrganizationalUnitId)
UpdateOrganizationalUnit        =                         parent(OrganizationalUnitId)
DeleteOrganizationalUnit        =                         parent(OrganizationalUnitId)
EnablePolicyType                =                         root_itself(RootId)
DisablePolicyType               =                         root_itself(RootId)
DescribePolicy                  =                         policy_itself(PolicyId)
UpdatePolicy                    =                         policy_itself(PolicyId)
DeletePolicy                    =                         policy_itself(PolicyId)
ListTargetsForPolicy            =                         policy_itself(PolicyId)
AttachPolicy                    =                         policy_itself(PolicyId)
AttachPolicy                    =                         account_or_other(TargetId)
DetachPolicy                    =                         policy_itself(PolicyId)
DetachPolicy                    =                         account_or_other(TargetId)
ListPoliciesForTarget           =                         account_or_other(TargetId)
TagResource                     =                         account_or_other(ResourceId)
UntagResource                   =                         account_or_other(ResourceId)
ListTagsForResource             =                         account_or_other(ResourceId)
"""


def _entity(kind: str, place: Place, entity_id: str) -> str:
    """What an id names; of one that names nothing here, the ARN of a `kind` of that id."""
    found = moto_organizations.organization_entity(place.account, entity_id)
    if found is not None:
        return found
    organization = moto_organizations.organization(place.account)
    manager = organization.management if organization is not None else place.account
    family, _, below = kind.partition("/")
    own = f"{organization.id if organization is not None else 'o-none'}/{below}"
    return f"arn:aws:organizations::{manager}:{family}/{own}{entity_id}"


PERMISSIONS = Permissions(
    prefix="organizations",
    denial=JSON,
    lines=_LINES,
    kinds={
        "account_or_other": partial(_entity, "account"),
        "parent": partial(_entity, "ou"),
        "root_itself": partial(_entity, "root"),
        "policy_itself": partial(_entity, "policy/service_control_policy/"),
    },
)
