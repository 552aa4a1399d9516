"""A key that was scheduled for deletion goes when its waiting period ends, and EventBridge is told.

Sources: https://docs.aws.amazon.com/kms/latest/developerguide/deleting-keys.html,
https://docs.aws.amazon.com/kms/latest/developerguide/kms-events.html
"""

from functools import partial
from typing import Final

from scenarios.cloud.kernel import moto_secrets, moto_state
from scenarios.cloud.kernel.caller import ApiCall
from scenarios.cloud.kernel.emitted import EmittedEvents
from scenarios.cloud.setting import Setting

SERVICE: Final = "kms.amazonaws.com"
DELETION: Final = "KMS CMK Deletion"
EVENTS = (EmittedEvents(source="aws.kms", detail_types=(DELETION,)),)
_PENDING: Final = "PendingDeletion"


class Deletions:
    """Deletes keys when their time has come."""

    def __init__(self, setting: Setting) -> None:
        self._setting = setting
        setting.calls.after("kms", "ScheduleKeyDeletion", self._scheduled)

    def _scheduled(self, call: ApiCall) -> None:
        key = moto_secrets.kms_key(call.parameters["KeyId"], self._setting.account, call.region)
        if key is not None:
            moment = moto_state.utc(key.deletion_date)
            self._setting.clock.at(moment, partial(self._delete, call.region, key.id), "a key is deleted")

    def _delete(self, region: str, key_id: str) -> None:
        """Unless the deletion was cancelled, or begun anew with another waiting period."""
        setting, key = self._setting, moto_secrets.kms_key(key_id, self._setting.account, region)
        waiting = key is not None and key.key_state == _PENDING
        if key is None or not waiting or moto_state.utc(key.deletion_date) > setting.clock.now:
            return
        moto_secrets.delete_kms_key(setting.account, region, key_id)
        setting.note("deleted", f"the key {key_id}, as it was scheduled")
        event = setting.service_event(region, "aws.kms", DELETION, [key.arn], {"key-id": key_id})
        setting.clock.after(1.0, partial(setting.announce, region, event, by=SERVICE), DELETION)
