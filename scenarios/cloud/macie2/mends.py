"""What moto gets wrong for Macie: an account has it on though nobody enabled it.

Source: https://docs.aws.amazon.com/macie/latest/user/getting-started.html
"""

from typing import Any, Final

from moto.macie2.models import MacieBackend

from scenarios.cloud.kernel.moto_mends import Mend

_backend: Final[Any] = MacieBackend
_init: Final[Any] = MacieBackend.__init__


def _off_at_first(self: Any, *which: Any, **more: Any) -> None:
    _init(self, *which, **more)
    self.macie_session = None


MENDS: tuple[Mend, ...] = ((_backend, "__init__", _off_at_first),)
