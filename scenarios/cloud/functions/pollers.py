"""What Lambda's pollers of queues and of streams share: whose rights they read with, and how they invoke.

Source: https://docs.aws.amazon.com/lambda/latest/dg/invocation-eventsourcemapping.html
"""

import json
from collections.abc import Callable, Iterable, Mapping, Sequence
from types import MappingProxyType
from typing import Any, Final

from scenarios.cloud.functions.invocations import Invocation, Result
from scenarios.cloud.functions.versions import standing
from scenarios.cloud.kernel import moto_lambda
from scenarios.cloud.kernel.arns import function_name, service_of
from scenarios.cloud.kernel.caller import Caller
from scenarios.cloud.kernel.errors import NotSimulated
from scenarios.cloud.setting import Setting

LONGEST_PAUSE_SECONDS: Final = 60.0
LARGEST_PAYLOAD_BYTES: Final = 6 * 1024 * 1024


class Poller:
    """Event source mappings as moto has them, and the functions behind them.

    `run` is one attempt of a function, now; `role` the session its code runs under; `next_number` counts what
    functions are given.
    """

    def __init__(
        self,
        setting: Setting,
        run: Callable[[Invocation], Result],
        role: Callable[[Any], Caller],
        next_number: Callable[[], int],
    ) -> None:
        self._setting = setting
        self.run = run
        self._role = role
        self._next_number = next_number
        self._told: set[tuple[str, str]] = set()

    def mappings(self, region: str, services: Iterable[str]) -> list[Any]:
        """Those that are enabled, on sources of these services."""
        found = moto_lambda.event_source_mappings(self._setting.account, region)
        return [each for each in found if each.enabled and service_of(each.event_source_arn) in services]

    def function(self, mapping: Any) -> Any:
        """The function, version or alias that a mapping is for, as moto has it; None where it is gone."""
        return standing(self._setting.account, mapping.function_arn)

    def role(self, mapping: Any) -> Caller:
        """The session under which Lambda reads for a mapping; its function is there."""
        return self._role(self.function(mapping))

    def denied(self, mapping: Any, asked: Iterable[tuple[str, str]]) -> str:
        """Why Lambda may not do one of these for a mapping, or ""; `asked`: actions and their resources."""
        if self.function(mapping) is None:
            return "the function is gone"
        role = self.role(mapping)
        for action, resource in asked:
            decision = self._setting.identity.judge(role, action, resource)
            if not decision.allowed:
                return f"{role.name} may not {action} because {decision.because}"
        return ""

    def does_not_read(self, mapping: Any, source: str, why: str) -> None:
        """Say so, once for each reason."""
        if (mapping.uuid, why) not in self._told:
            self._told.add((mapping.uuid, why))
            self._setting.note("lost", f"{name_of(mapping.function_arn)} does not read {source}: {why}")

    def invocation(
        self,
        mapping: Any,
        records: Sequence[Mapping[str, Any]] | Mapping[str, Any],
        attempts: int,
        more: Mapping[str, Any] = MappingProxyType({}),
    ) -> Invocation:
        """A batch on its way to the function; `attempts`: the number of this one; `more`: beside records.

        `records`: as a list, or the whole event.
        """
        text = json.dumps(records if isinstance(records, Mapping) else {"Records": records, **more})
        if len(text.encode()) > LARGEST_PAYLOAD_BYTES:
            raise NotSimulated("lambda", "a batch of more than 6 MB, which Lambda would cut in pieces")
        return Invocation(
            arn=mapping.function_arn,
            event=json.loads(text),
            request_id=self._setting.new_uuid("lambda.request"),
            accepted=self._setting.clock.now,
            number=self._next_number(),
            queued=True,
            attempts=attempts,
        )


def pause_after(attempts: int) -> float:
    """How long a batch that failed so often waits; AWS names no pace, and here it doubles up to a minute."""
    return float(min(2 ** min(max(attempts - 1, 0), 6), LONGEST_PAUSE_SECONDS))


def many_records(count: int) -> str:
    """How many records, in words."""
    return "1 record" if count == 1 else f"{count} records"


def name_of(arn: str) -> str:
    """The name of a function or a queue; of a table's stream the table's."""
    if ":function:" in arn:
        return function_name(arn)
    return (
        arn.split("/")[1]
        if ":table/" in arn or ":cluster/" in arn
        else arn.rpartition(":")[2].rpartition("/")[2]
    )
