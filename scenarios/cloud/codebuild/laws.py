"""Registers the laws of CodeBuild: a build goes on until somebody ends it."""

from scenarios.cloud.codebuild.builds import Builds
from scenarios.cloud.setting import Setting


def register(setting: Setting) -> None:
    """The laws of CodeBuild."""
    setting.laws.add(Builds(setting))
