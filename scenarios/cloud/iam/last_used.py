"""When an access key was last used, for what and where, as GetAccessKeyLastUsed and credential reports say.

Refused calls count too: the key was right. Moto hears only of the calls that it answers itself.

Source: https://docs.aws.amazon.com/IAM/latest/APIReference/API_GetAccessKeyLastUsed.html
"""

from scenarios.cloud.kernel import moto_iam
from scenarios.cloud.kernel.caller import ApiCall, CallerKind
from scenarios.cloud.kernel.service_models import service_model
from scenarios.cloud.setting import Setting


class LastUsed:
    """Notes every use of a user's access key."""

    def __init__(self, setting: Setting) -> None:
        setting.calls.after_everything(self._used)

    def _used(self, call: ApiCall) -> None:
        if call.caller.kind is CallerKind.IAM_USER:
            metadata = service_model(call.service).metadata
            name = metadata.get("signingName") or metadata["endpointPrefix"]
            moto_iam.key_used(
                call.caller.account,
                call.caller.access_key_id,
                at=call.moment,
                service=name,
                region=call.region,
            )
