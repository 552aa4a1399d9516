"""Parameter Store tells EventBridge of every parameter that is created, updated, labelled or deleted.

Parameter policies, which tell of expiry, are not simulated.

Sources: https://docs.aws.amazon.com/systems-manager/latest/userguide/sysman-paramstore-cwe.html,
https://docs.aws.amazon.com/systems-manager/latest/userguide/monitoring-systems-manager-event-examples.html
"""

from functools import partial
from typing import Any, Final

from scenarios.cloud.asked import Asked
from scenarios.cloud.kernel import moto_state
from scenarios.cloud.kernel.caller import ApiCall
from scenarios.cloud.kernel.emitted import EmittedEvents
from scenarios.cloud.setting import Setting

SERVICE: Final = "ssm.amazonaws.com"
CHANGE: Final = "Parameter Store Change"
EVENTS = (EmittedEvents(source="aws.ssm", detail_types=(CHANGE,)),)
EVENT_SECONDS = 1.0


class ParameterEvents:
    """Hears of what is done to parameters."""

    def __init__(self, setting: Setting) -> None:
        self._setting = setting
        self._about_to_go: dict[str, Any] = {}
        calls = setting.calls
        calls.after("ssm", "PutParameter", self._put)
        calls.after("ssm", "LabelParameterVersion", self._labelled)
        for operation in ("DeleteParameter", "DeleteParameters"):
            calls.check("ssm", operation, self._remember)
            calls.after("ssm", operation, self._deleted)

    def _put(self, call: ApiCall) -> None:
        name, version = call.parameters["Name"], (call.response or {}).get("Version")
        operation = "Create" if version == 1 else "Update"
        self._tell(call.region, operation, name, self._parameter(call.region, name))

    def _labelled(self, call: ApiCall) -> None:
        name = call.parameters["Name"]
        self._tell(call.region, "LabelParameterVersion", name, self._parameter(call.region, name))

    def _remember(self, asked: Asked) -> None:
        """What an event says of a parameter that is gone."""
        names = asked.parameters.get("Names") or [asked.parameters["Name"]]
        self._about_to_go = {name: self._parameter(asked.region, name) for name in names}

    def _deleted(self, call: ApiCall) -> None:
        for name, parameter in self._about_to_go.items():
            if parameter is not None:
                self._tell(call.region, "Delete", name, parameter)
        self._about_to_go = {}

    def _parameter(self, region: str, name: str) -> Any | None:
        return moto_state.parameter(self._setting.account, region, name)

    def _tell(self, region: str, operation: str, name: str, parameter: Any | None) -> None:
        detail = {"operation": operation, "name": name}
        if parameter is not None:
            detail["type"] = parameter.parameter_type
            detail |= {"description": parameter.description} if parameter.description else {}
        arn = f"arn:aws:ssm:{region}:{self._setting.account}:parameter/{name.removeprefix('/')}"
        event = self._setting.service_event(region, "aws.ssm", CHANGE, [arn], detail)
        tell = partial(self._setting.announce, region, event, by=SERVICE)
        self._setting.clock.after(EVENT_SECONDS, tell, CHANGE)
