"""Registers the laws of API Gateway: who may make a request, and what is done with it."""

from scenarios.cloud.apigateway.requests import Requests
from scenarios.cloud.setting import Setting


def register(setting: Setting) -> None:
    """The laws of API Gateway."""
    setting.laws.when_stacks_change(setting.laws.add(Requests(setting)).know)
