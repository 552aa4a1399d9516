"""Registers the laws of IAM: how it behaves beyond what moto does."""

from scenarios.cloud.iam.boundaries import Boundaries
from scenarios.cloud.iam.last_used import LastUsed
from scenarios.cloud.iam.managed_policies import ManagedPolicies
from scenarios.cloud.iam.own_keys import OwnKeys
from scenarios.cloud.setting import Setting


def register(setting: Setting) -> None:
    """The laws of IAM."""
    ManagedPolicies(setting)
    Boundaries(setting)
    LastUsed(setting)
    OwnKeys(setting)
