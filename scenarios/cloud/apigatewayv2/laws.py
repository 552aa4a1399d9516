"""Registers the laws of WebSocket APIs; HTTP APIs are asked by the laws of `apigateway`."""

from scenarios.cloud.apigateway.requests import Requests
from scenarios.cloud.apigatewayv2.web_sockets import WebSockets
from scenarios.cloud.setting import Setting


def register(setting: Setting) -> None:
    """The laws of WebSocket APIs."""
    sockets = setting.laws.add(WebSockets(setting, setting.laws[Requests]))
    setting.laws.when_stacks_change(sockets.know)
