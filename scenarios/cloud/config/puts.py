"""Recorders and channels that are put without a name are called `default`; Config's own role gets its policy.

Sources: https://docs.aws.amazon.com/config/latest/APIReference/API_ConfigurationRecorder.html,
https://docs.aws.amazon.com/config/latest/developerguide/using-service-linked-roles.html
"""

from typing import Any, Final

from scenarios.cloud.asked import Asked
from scenarios.cloud.config.recording import DEFAULT_NAME, keep_mode
from scenarios.cloud.config.resource_types.view import SERVICE
from scenarios.cloud.kernel import moto_iam, moto_state
from scenarios.cloud.kernel.caller import ApiCall
from scenarios.cloud.setting import Setting

POLICY: Final = "arn:aws:iam::aws:policy/aws-service-role/AWSConfigServiceRolePolicy"


class Puts:
    """Completes what is put, and asks moto."""

    def __init__(self, setting: Setting) -> None:
        self._setting = setting

    def register(self) -> None:
        """Stand before moto."""
        calls = self._setting.calls
        calls.answer("config", "PutConfigurationRecorder", self._recorder)
        calls.answer("config", "PutDeliveryChannel", self._channel)
        calls.after("iam", "CreateServiceLinkedRole", self._role_made)

    def _recorder(self, asked: Asked) -> dict[str, Any]:
        given = {"name": DEFAULT_NAME, **asked.parameters["ConfigurationRecorder"]}
        mode = given.pop("recordingMode", None)
        self._client(asked).put_configuration_recorder(ConfigurationRecorder=given)
        keep_mode(self._setting.account, asked.region, given["name"], mode)
        return {}

    def _channel(self, asked: Asked) -> dict[str, Any]:
        given = {"name": DEFAULT_NAME, **asked.parameters["DeliveryChannel"]}
        self._client(asked).put_delivery_channel(DeliveryChannel=given)
        return {}

    def _client(self, asked: Asked) -> Any:
        return self._setting.session.client("config", region_name=asked.region)

    def _role_made(self, call: ApiCall) -> None:
        if call.parameters["AWSServiceName"] == SERVICE:
            moto_iam.know_managed_policy_of_aws(self._setting.account, POLICY)
            name = (call.response or {})["Role"]["RoleName"]
            iam = moto_state.backend("iam", self._setting.account, "global")
            iam.attach_role_policy(POLICY, name)
