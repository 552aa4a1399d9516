"""Every type of resource that is recorded here, by the service whose calls change it."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from typing import Final

from scenarios.cloud.config.resource_types import ec2, iam, others, s3
from scenarios.cloud.config.resource_types.view import ResourceType
from scenarios.cloud.kernel.errors import NotSimulated

TYPES: Final[Mapping[str, ResourceType]] = {
    each.name: each for each in (*ec2.TYPES, *iam.TYPES, *s3.TYPES, *others.TYPES)
}
# What rules found of a resource: no call changes it, and none describes it.
RESOURCE_COMPLIANCE: Final = "AWS::Config::ResourceCompliance"
RECORDED: Final = (*TYPES, RESOURCE_COMPLIANCE)


def _by_service() -> Mapping[str, Sequence[ResourceType]]:
    found: defaultdict[str, list[ResourceType]] = defaultdict(list)
    for each in TYPES.values():
        found[each.service].append(each)
    return dict(found)


BY_SERVICE: Final = _by_service()


def must_be_simulated(kinds: Iterable[str]) -> None:
    """Raises NotSimulated for the first of these types whose resources are not recorded here."""
    for each in kinds:
        if each not in RECORDED:
            raise NotSimulated("config", f"items of {each}")
