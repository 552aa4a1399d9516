"""Words for builds of CodeBuild, which nothing but the scenario ends."""

from scenarios.cloud.codebuild.builds import Builds
from scenarios.cloud.world import World
from scenarios.runner.scenario import Action


def build_ends(project: str, status: str = "SUCCEEDED", *, region: str = "") -> Action:
    """The oldest build of a project that goes on ends: SUCCEEDED, FAILED, FAULT, STOPPED or TIMED_OUT."""

    def do(world: World) -> None:
        world.setting.laws[Builds].end(region or world.deployment.home, project, status)

    return Action(f"a build of {project} ends: {status}", do)
