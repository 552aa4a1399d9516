"""Which calls laws answer, check or act on, and what else happens around calls: all that is registered."""

from collections.abc import Callable, Mapping
from typing import Any

from botocore.client import BaseClient

from scenarios.cloud.asked import After, Answer, Asked, AtOnce, InPart, Tell, Travel
from scenarios.cloud.kernel.caller import Caller


class RegisteredLaws:
    """What laws have registered, by service and operation. `Calls` asks it on the way of every call."""

    def __init__(self) -> None:
        self._answers: dict[tuple[str, str], Answer] = {}
        self._in_place: dict[tuple[str, str], tuple[Callable[[Mapping[str, Any]], bool], AtOnce]] = {}
        self._checks: dict[tuple[str, str], list[Callable[[Asked], None]]] = {}
        self._waits: dict[tuple[str, str], Callable[[Asked], None]] = {}
        self._long: set[tuple[str, str]] = set()
        self._in_part: dict[tuple[str, str], InPart] = {}
        self._tells: dict[tuple[str, str], Tell] = {}
        self._afters: dict[tuple[str, str], list[After]] = {}
        self._everything: list[After] = []
        self._services: list[After] = []
        self._travel: Travel | None = None
        self._refused: Callable[[], bool] = lambda: False
        self._around: list[tuple[Callable[[Caller], None], Callable[[Caller], None]]] = []
        self._before_each: list[Callable[[BaseClient, Asked], None]] = []
        self._in_every_account: set[tuple[str, str]] = set()

    def answer(self, service: str, operation: str, answer: Answer) -> None:
        """Have a law answer this operation in moto's place."""
        self._answers[service, operation] = answer

    def in_place_of_everything(
        self, service: str, operation: str, which: Callable[[Mapping[str, Any]], bool], answer: AtOnce
    ) -> None:
        """Have some calls of this operation answered at once, muted ones too: nothing is asked or recorded.

        `which` says of a call's parameters whether it is one of them; `send` of `answer` asks moto.
        """
        self._in_place[service, operation] = which, answer

    def check(self, service: str, operation: str, check: Callable[[Asked], None]) -> None:
        """Have a law look at this operation before moto does; it refuses by raising `Refused`."""
        self._checks.setdefault((service, operation), []).append(check)

    def in_part(self, service: str, operation: str, how: InPart) -> None:
        """Have what is allowed of this operation done, where another part of it is denied."""
        self._in_part[service, operation] = how

    def wait(self, service: str, operation: str, wait: Callable[[Asked], None]) -> None:
        """Have this operation take time before moto answers it; others may act meanwhile."""
        self._waits[service, operation] = wait

    def by_the_long_way(self, service: str, operation: str) -> None:
        """Have this operation sent as a request in any case.

        Something answers it on its way to moto, or botocore's handlers must not be asked twice: what a
        CopySource names they quote.
        """
        self._long.add((service, operation))

    def tell(self, service: str, operation: str, tell: Tell) -> None:
        """Have a law change the answer that the caller gets; the other laws get the whole answer."""
        self._tells[service, operation] = tell

    def after(self, service: str, operation: str, after: After) -> None:
        """Tell a law of every such call that succeeded."""
        self._afters.setdefault((service, operation), []).append(after)

    def in_every_account(self, service: str, *operations: str) -> None:
        """Apply laws to these operations in other accounts too; others hold in the world's account alone."""
        self._in_every_account |= {(service, operation) for operation in operations}

    def after_everything(self, after: After) -> None:
        """Tell a law of every call in the world's own account, whether it succeeded or not."""
        self._everything.append(after)

    def after_services(self, after: After) -> None:
        """Tell a law of what AWS services do to the account's data; no caller makes these calls."""
        self._services.append(after)

    def around(self, before: Callable[[Caller], None], behind: Callable[[Caller], None]) -> None:
        """Have something happen before and behind every call, such as a crash."""
        self._around.append((before, behind))

    def before_each(self, before: Callable[[BaseClient, Asked], None]) -> None:
        """Have something happen before a call is judged; what it raises, the caller gets in AWS's place."""
        self._before_each.append(before)

    def on_the_way(self, travel: Travel, refused: Callable[[], bool]) -> None:
        """Calls that a law answers still pass through botocore's retries: `travel(send)` may send one.

        It returns how often botocore tried again. `Throttles` answers it in moto's place. `refused`: whether
        a request may be refused on the way, so that none may take a shorter one.
        """
        self._travel, self._refused = travel, refused
