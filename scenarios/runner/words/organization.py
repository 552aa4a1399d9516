"""The organization that the account belongs to."""

from scenarios.cloud.world import World
from scenarios.runner.scenario import Given


def organization() -> Given:
    """The account manages one of its own."""
    return Given("an organization of ours", make_organization)


def make_organization(world: World) -> None:
    """CreateOrganization."""
    world.harness.client("organizations").create_organization(FeatureSet="ALL")


def our_organization(world: World) -> str:
    """Its id, which is drawn when it is made."""
    with world.calls.muted():
        found: str = world.harness.client("organizations").describe_organization()["Organization"]["Id"]
    return found
