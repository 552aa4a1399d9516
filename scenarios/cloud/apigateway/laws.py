"""Registers the laws of what is asked over HTTP: who may make a request, and what is done with it."""

from scenarios.cloud.apigateway.requests import Requests
from scenarios.cloud.apigateway.url_requests import UrlRequests
from scenarios.cloud.setting import Setting


def register(setting: Setting) -> None:
    """The laws of API Gateway, and of functions' URLs."""
    requests = setting.laws.add(Requests(setting))
    setting.laws.when_stacks_change(requests.know)
    UrlRequests(setting, requests)
