"""Registers the laws of Lambda: how it behaves beyond what moto does."""

from scenarios.cloud.functions.invoke import Invoke
from scenarios.cloud.functions.resource_policies import ResourcePolicies
from scenarios.cloud.functions.service import Functions
from scenarios.cloud.functions.urls import FunctionUrls
from scenarios.cloud.functions.web_client import WebClient
from scenarios.cloud.kernel import moto_hooks
from scenarios.cloud.setting import Setting


def register(setting: Setting) -> None:
    """The laws of Lambda."""
    ResourcePolicies(setting)
    FunctionUrls(setting)
    functions = setting.laws.add(Functions(setting))
    Invoke(setting, functions)
    WebClient(setting, functions)
    setting.laws.meanwhile(moto_hooks.messages_tell(functions.event_sources.arrived))
    setting.laws.meanwhile(moto_hooks.stream_records_tell(functions.stream_sources.arrived))
    setting.laws.when_stacks_change(functions.know)
    setting.laws.when_entered(functions.start)
