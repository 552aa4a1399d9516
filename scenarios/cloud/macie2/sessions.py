"""An account's Macie in a region: off at first, enabled, paused, disabled.

Sources: https://docs.aws.amazon.com/macie/latest/APIReference/macie.html; that what is off refuses with
AccessDeniedException and these words: https://github.com/mondoohq/mql/pull/5988
"""

from typing import Any

from scenarios.cloud.asked import Asked
from scenarios.cloud.kernel import moto_state
from scenarios.cloud.kernel.errors import Refused
from scenarios.cloud.setting import Setting


def register(setting: Setting) -> None:
    """The laws of Macie: moto neither pauses it nor refuses what it is asked while it is off."""

    def session(asked: Asked) -> dict[str, Any]:
        found: dict[str, Any] | None = _backend(setting, asked).macie_session
        if found is None:
            raise Refused("AccessDeniedException", "Macie is not enabled.")
        return found

    def is_on(asked: Asked) -> None:
        session(asked)

    def is_off(asked: Asked) -> None:
        if _backend(setting, asked).macie_session is not None:
            raise Refused("ConflictException", "Macie has already been enabled.")

    def update(asked: Asked) -> dict[str, Any]:
        wanted = ("findingPublishingFrequency", "status")
        chosen = {name: value for name, value in asked.parameters.items() if name in wanted}
        session(asked).update(chosen, updatedAt=setting.clock.now.replace(tzinfo=None))
        return {}

    setting.calls.check("macie2", "EnableMacie", is_off)
    setting.calls.check("macie2", "GetMacieSession", is_on)
    setting.calls.check("macie2", "DisableMacie", is_on)
    setting.calls.answer("macie2", "UpdateMacieSession", update)


def _backend(setting: Setting, asked: Asked) -> Any:
    return moto_state.backend("macie2", setting.account, asked.region)
