"""Words about the keys of the functions' seals."""

from scenarios.cloud.world import World
from scenarios.runner.scenario import Check

# One of each kind that the key policy gives the account: whoever administers it may do them.
_MANAGING = (
    "CancelKeyDeletion",
    "DeleteAlias",
    "DescribeKey",
    "DisableKey",
    "EnableKey",
    "GetKeyPolicy",
    "ListKeyPolicies",
    "PutKeyPolicy",
    "ScheduleKeyDeletion",
    "TagResource",
    "UntagResource",
    "UpdateKeyDescription",
)
_SEALS = "GenerateMac"


def seal_keys_are_only_managed() -> Check:
    """An administrator of the account may do everything with each key of the seals, but make a seal.

    IAM is asked; nothing is done with the keys.
    """

    def judge(world: World) -> str | None:
        keys = [each for each in world.home.of_type("AWS::KMS::Key") if "KeyUsage" in each.properties]
        wrong = [
            f"{key.logical_id}: kms:{action} is {'denied' if action in _MANAGING else 'allowed'}"
            for key in keys
            for action in (*_MANAGING, _SEALS)
            if _may(world, f"kms:{action}", key.attributes["Arn"]) != (action in _MANAGING)
        ]
        return "; ".join(wrong) or (None if keys else "there is no such key")

    return Check("administrators manage the keys of the seals, and make no seal", judge)


def _may(world: World, action: str, key: str) -> bool:
    return world.identity.judge(world.user("reader"), action, key).allowed
