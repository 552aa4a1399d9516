"""IAM: users, roles, keys and policies, as moto has them."""

import json
from collections.abc import Mapping
from datetime import datetime
from functools import cache
from typing import Any

import moto.iam.aws_managed_policies as iam_managed_policies
import moto.iam.models as iam_models
from moto.backends import get_backend

from scenarios.cloud.kernel.moto_state import as_tags, backend


def role(account: str, name: str) -> Any | None:
    """A role's model: `.arn`, `.assume_role_policy_document`."""
    roles = backend("iam", account, "aws").roles
    return next((each for each in roles.values() if each.name == name), None)


def user(account: str, name: str) -> Any | None:
    """An IAM user's model: `.id`, `.arn`, `.access_keys`."""
    return backend("iam", account, "aws").users.get(name)


def user_tags(account: str, arn: str) -> dict[str, str]:
    """An IAM user's tags."""
    return dict(backend("iam", account, "aws").tagger.get_tag_dict_for_resource(arn))


def role_tags(account: str, name: str) -> dict[str, str]:
    """A role's tags; none for a role that isn't there."""
    found = role(account, name)
    return as_tags(found.tags) if found is not None else {}


def groups_of(account: str, user_name: str) -> list[Any]:
    """The groups that an IAM user is in."""
    groups = backend("iam", account, "aws").groups.values()
    return [group for group in groups if any(each.name == user_name for each in group.users)]


def access_key(key_id: str) -> tuple[str, str, bool, str] | None:
    """Whose access key it is: account, user's name, whether it is active, its secret; None for no user's."""
    for account in get_backend("iam"):
        iam = backend("iam", account, "aws")
        key = iam.access_keys.get(key_id)
        if key is None:
            continue
        named = iam.users.get(key.user_name)  # as whom it was made; the user may have another name by now
        users = [named] if named is not None and key in named.access_keys else iam.users.values()
        user = next((each for each in users if key in each.access_keys), None)
        return (
            (account, user.name, key.status == "Active", key.secret_access_key) if user is not None else None
        )
    return None


def key_used(account: str, key_id: str, *, at: datetime, service: str, region: str) -> None:
    """Note the use of a user's access key; one that stands in no IAM has nothing to note it on."""
    key = backend("iam", account, "aws").access_keys.get(key_id)
    if key is not None:
        key.last_used = iam_models.AccessKeyLastUsed(
            timestamp=at.replace(tzinfo=None), service=service, region=region
        )


def policies_of(found: Any) -> list[Any]:
    """The inline and attached policies of a role, user or group, as documents or their JSON text."""
    attached = [_default_version(policy) for policy in found.managed_policies.values()]
    return [*found.policies.values(), *attached]


def _default_version(policy: Any) -> Any:
    return next(each.document for each in policy.versions if each.version_id == policy.default_version_id)


def managed_policy(account: str, arn: str) -> Any | None:
    """The document of a managed policy, as it stands; None where there is none of this ARN."""
    policy = backend("iam", account, "aws").managed_policies.get(arn)
    return _default_version(policy) if policy is not None else None


@cache
def _published_by_aws() -> Mapping[str, Any]:
    data: Mapping[str, Any] = json.loads(iam_managed_policies.aws_managed_policies_data)
    return data


def know_managed_policy_of_aws(account: str, arn: str) -> bool:
    """Have IAM know the policy of this ARN where AWS publishes it; moto would load all of them, or none.

    Returns whether it does.
    """
    iam = backend("iam", account, "aws")
    name = arn.rpartition("/")[2]
    if arn in iam.managed_policies:
        return True
    if name not in _published_by_aws():
        return False
    policy = iam_models.AWSManagedPolicy.from_data(name, account, "aws", _published_by_aws()[name])
    if policy.arn == arn:
        iam.managed_policies[arn] = policy
        iam.aws_managed_policies.append(policy)
    return arn in iam.managed_policies


def instance_profile_is_there(account: str, profile: str) -> bool:
    """Whether there is an instance profile of this name or ARN."""
    found = backend("iam", account, "aws").instance_profiles.values()
    return any(profile in (each.name, each.arn) for each in found)
