"""Organizations: which an account is in, and where it is in it, as moto has it."""

from typing import Any, NamedTuple

from moto.backends import get_backend


def organizations() -> Any:
    """Every organization: by the account that is asked about, and who manages it."""
    backends: Any = get_backend("organizations")  # type: ignore[call-overload,unused-ignore]  # as in `backend`
    return backends


class Organization(NamedTuple):
    """An organization: its id, its management account, all its accounts, what it trusts, all its features."""

    id: str
    management: str
    accounts: tuple[str, ...]
    services: tuple[str, ...]
    all_features: bool


def organization(account: str) -> Organization | None:
    """The organization that an account manages or belongs to."""
    backends = organizations()
    manager, _ = backends.master_accounts.get(account, (account, ""))
    found = backends[manager]["aws"]
    if found.org is None:
        return None
    return Organization(
        id=found.org.id,
        management=found.org.master_account_id,
        accounts=tuple(each.id for each in found.accounts),
        services=tuple(each["ServicePrincipal"] for each in found.services),
        all_features=found.org.feature_set == "ALL",
    )


def organization_entity(account: str, entity_id: str) -> str | None:
    """The ARN of an account, unit, root or policy of the organization that an account belongs to."""
    backends = organizations()
    manager, _ = backends.master_accounts.get(account, (account, ""))
    found = backends[manager]["aws"]
    known = (*found.accounts, *found.ou, *found.policies) if found.org is not None else ()
    return next((str(each.arn) for each in known if each.id == entity_id), None)


class OrganizationPath(NamedTuple):
    """Where an account is in its organization.

    `paths`: the one that aws:PrincipalOrgPaths has. `scps`, `rcps`: the policies' texts, by level from the
    root down to the account.
    """

    id: str
    management: str
    paths: tuple[str, ...]
    scps: tuple[tuple[str, ...], ...]
    rcps: tuple[tuple[str, ...], ...]


def organization_path(account: str) -> OrganizationPath | None:
    """Where an account is in its organization; None outside of one."""
    backends = organizations()
    manager, _ = backends.master_accounts.get(account, (account, ""))
    if manager not in backends:
        return None
    found = backends[manager]["aws"]
    member = next((each for each in found.accounts if each.id == account), None) if found.org else None
    if member is None:
        return None
    units = {each.id: each for each in found.ou}
    line = [member]
    while line[0].parent_id in units:
        line.insert(0, units[line[0].parent_id])
        if line[0].id == found.org.root_id:
            break
    return OrganizationPath(
        id=found.org.id,
        management=found.org.master_account_id,
        paths=("/".join([found.org.id, *(each.id for each in line[:-1]), ""]),),
        scps=_policies_by_level(line, "SERVICE_CONTROL_POLICY"),
        rcps=_policies_by_level(line, "RESOURCE_CONTROL_POLICY"),
    )


def _policies_by_level(line: list[Any], kind: str) -> tuple[tuple[str, ...], ...]:
    return tuple(
        tuple(policy.content for policy in each.attached_policies if policy.type == kind) for each in line
    )
