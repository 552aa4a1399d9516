"""Partner event sources: what a partner offers an account, and the bus on which it then arrives.

A partner makes a source for an account: `aws.partner/PARTNER/NAMESPACE/NAME`. It is PENDING until that
account makes a bus of the same name, and gone after two weeks if it doesn't. What the partner puts while the
source is ACTIVE arrives on that bus and on no other; what it puts before, or once the bus is gone or
deactivated, is lost. Nobody but the partner that made a source can put events of it.

A stack's partner bus stands as if its source had been offered before, by no account in particular: an event
of it comes by a scenario's word, `aws_tells`.

Sources: https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-saas.html,
https://docs.aws.amazon.com/eventbridge/latest/APIReference/API_CreatePartnerEventSource.html,
https://docs.aws.amazon.com/eventbridge/latest/APIReference/API_EventSource.html,
https://docs.aws.amazon.com/eventbridge/latest/APIReference/API_PutPartnerEvents.html,
https://docs.aws.amazon.com/eventbridge/latest/APIReference/API_CreateEventBus.html; the two weeks,
https://docs.aws.amazon.com/eventbridge/latest/onboarding/amazon_eventbridge_partner_onboarding_guide.html
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial
from typing import Any, Final

from scenarios.cloud.asked import Answer, Asked
from scenarios.cloud.eventbridge.requests import check_entries, entry_error, event_of
from scenarios.cloud.kernel import moto_events
from scenarios.cloud.kernel.caller import ApiCall
from scenarios.cloud.kernel.errors import Refused
from scenarios.cloud.setting import Setting

PREFIX: Final = "aws.partner/"
PENDING, ACTIVE, DELETED = "PENDING", "ACTIVE", "DELETED"
OFFERED_FOR: Final = timedelta(days=14)

Emit = Callable[..., None]
"""(region, event, bus)."""


@dataclass(slots=True, kw_only=True)
class Source:
    """What one partner offers one account in one region. `partner`: its account, "" for a stack's."""

    name: str
    region: str
    account: str
    partner: str
    since: datetime
    state: str = PENDING

    @property
    def arn(self) -> str:
        """A source belongs to no account."""
        return f"arn:aws:events:{self.region}::event-source/{self.name}"

    def told(self) -> dict[str, Any]:
        """What the account is told of it."""
        return {
            "Arn": self.arn,
            "CreatedBy": self.name.split("/")[1],
            "CreationTime": self.since,
            "Name": self.name,
            "State": self.state,
            **({"ExpirationTime": self.since + OFFERED_FOR} if self.state == PENDING else {}),
        }

    def told_partner(self) -> dict[str, Any]:
        """What the partner is told of one account."""
        return {"Account": self.account, **{name: self.told()[name] for name in ("CreationTime", "State")}}


class Partners:
    """Every partner event source."""

    def __init__(self, setting: Setting, emit: Emit) -> None:
        self._setting = setting
        self._emit = emit
        self._sources: list[Source] = []
        answers: dict[str, Answer] = {
            "CreatePartnerEventSource": self._create,
            "DeletePartnerEventSource": self._delete,
            "DescribePartnerEventSource": self._describe_own,
            "ListPartnerEventSources": self._list_own,
            "ListPartnerEventSourceAccounts": self._list_accounts,
            "PutPartnerEvents": self._put,
            "DescribeEventSource": self._describe,
            "ListEventSources": self._list,
            "ActivateEventSource": partial(self._switch, to=ACTIVE),
            "DeactivateEventSource": partial(self._switch, to=PENDING),
        }
        calls = setting.calls
        for operation, answer in answers.items():
            calls.answer("events", operation, answer)
        calls.in_every_account("events", *answers)
        calls.check("events", "CreateEventBus", self._may_make_bus)
        calls.after("events", "CreateEventBus", self._bus_made)
        calls.after("events", "DeleteEventBus", self._bus_gone)

    def look(self, region: str) -> None:
        """The partner buses that a stack made are those of sources that are active."""
        for bus in moto_events.buses(self._setting.account, region):
            if bus.startswith(PREFIX):
                self._sources.append(self._source(bus, region, self._setting.account, "", ACTIVE))

    def state(self, region: str, name: str) -> str:
        """What the account is told of a source: PENDING, ACTIVE, DELETED; "" of one that nobody offered."""
        found = self._offered(self._setting.account, region, name)
        return found.state if found is not None else ""

    # ---- the partner's side ---------------------------------------------------------------------

    def _create(self, asked: Asked) -> dict[str, Any]:
        name, account = asked.parameters["Name"], asked.parameters["Account"]
        if self._offered(account, asked.region, name) is not None:
            raise Refused("ResourceAlreadyExistsException", f"Event source {name} already exists.")
        source = self._source(name, asked.region, account, asked.caller.account, PENDING)
        self._sources.append(source)
        moto_events.offer_event_source(account, asked.region, name)
        self._setting.clock.after(
            OFFERED_FOR.total_seconds(), partial(self._expire, source), "a partner's offer ends"
        )
        return {"EventSourceArn": source.arn}

    def _expire(self, source: Source) -> None:
        if source.state == PENDING and source.name not in moto_events.buses(source.account, source.region):
            self._forget(source)
            self._setting.note("pending", f"nobody made a bus of {source.name}: it is gone")

    def _delete(self, asked: Asked) -> dict[str, Any]:
        """The account's bus stays, and hears nothing any more."""
        name, account = asked.parameters["Name"], asked.parameters["Account"]
        for source in self._owned(asked, name):
            if source.account == account and source.state == PENDING:
                self._forget(source)
            elif source.account == account:
                source.state = DELETED
        return {}

    def _describe_own(self, asked: Asked) -> dict[str, Any]:
        source = self._one_owned(asked, asked.parameters["Name"])
        return {"Arn": source.arn, "Name": source.name}

    def _list_own(self, asked: Asked) -> dict[str, Any]:
        prefix = asked.parameters["NamePrefix"]
        found = {each.name: each.arn for each in self._owned(asked) if each.name.startswith(prefix)}
        return {"PartnerEventSources": [{"Arn": arn, "Name": name} for name, arn in found.items()]}

    def _list_accounts(self, asked: Asked) -> dict[str, Any]:
        name = asked.parameters["EventSourceName"]
        self._one_owned(asked, name)
        return {"PartnerEventSourceAccounts": [each.told_partner() for each in self._owned(asked, name)]}

    def _put(self, asked: Asked) -> dict[str, Any]:
        entries = asked.parameters["Entries"]
        check_entries(entries, most=20)
        told = [self._put_one(entry, asked) for entry in entries]
        return {"Entries": told, "FailedEntryCount": sum("ErrorCode" in each for each in told)}

    def _put_one(self, entry: Mapping[str, Any], asked: Asked) -> dict[str, str]:
        error = entry_error(entry, of_partner=True)
        if error:
            return error
        sources = self._owned(asked, entry["Source"])
        if not sources:
            return {
                "ErrorCode": "NotAuthorizedForSourceException",
                "ErrorMessage": "Not authorized for the source.",
            }
        first, *others = [self._arrive(each, entry) for each in sources]
        del others  # the partner is told one id, whoever else got the event
        return {"EventId": first}

    def _arrive(self, source: Source, entry: Mapping[str, Any]) -> str:
        event = event_of(
            entry,
            event_id=self._setting.new_uuid("events.id"),
            account=source.account,
            region=source.region,
            now=self._setting.clock.now,
        )
        here = source.account == self._setting.account
        if source.state == ACTIVE and here:
            emit = partial(self._emit, source.region, event, source.name)
            self._setting.clock.after(0, emit, "a partner's event")
        elif here:
            self._setting.note("lost", f"an event of {source.name}, which is {source.state.lower()}")
        return str(event["id"])

    # ---- the account's side ---------------------------------------------------------------------

    def _describe(self, asked: Asked) -> dict[str, Any]:
        return self._mine(asked).told()

    def _list(self, asked: Asked) -> dict[str, Any]:
        prefix = asked.parameters.get("NamePrefix", "")
        where = asked.caller.account, asked.region
        found = [each for each in self._sources if (each.account, each.region) == where]
        return {"EventSources": [each.told() for each in found if each.name.startswith(prefix)]}

    def _switch(self, asked: Asked, *, to: str) -> dict[str, Any]:
        """A source whose bus is there is active or not; one that the partner deleted can't be."""
        source = self._mine(asked)
        if source.name not in moto_events.buses(source.account, source.region) or source.state == DELETED:
            raise Refused(
                "InvalidStateException",
                f"Event source {source.name} is not in a valid state: {source.state}.",
            )
        source.state = to
        return {}

    def _may_make_bus(self, asked: Asked) -> None:
        """A partner's bus is made of a source that was offered, under its very name. The words are ours."""
        name, source = asked.parameters["Name"], asked.parameters.get("EventSourceName")
        if source is None:
            return
        if name != source:
            raise Refused(
                "ValidationException", "The name of a partner event bus must match its event source's name."
            )
        found = self._offered(asked.caller.account, asked.region, source)
        if found is None:
            raise Refused("ResourceNotFoundException", f"Event source {source} does not exist.")
        if found.state == DELETED:
            raise Refused("InvalidStateException", f"Event source {source} was deleted by its partner.")

    def _bus_made(self, call: ApiCall) -> None:
        found = self._offered(call.caller.account, call.region, str(call.parameters.get("EventSourceName")))
        if found is not None:
            found.state = ACTIVE

    def _bus_gone(self, call: ApiCall) -> None:
        found = self._offered(call.caller.account, call.region, call.parameters["Name"])
        if found is None:
            return
        if found.state == DELETED:
            self._forget(found)
        else:
            found.state = PENDING

    # ---- finding --------------------------------------------------------------------------------

    def _source(self, name: str, region: str, account: str, by: str, state: str) -> Source:
        now = self._setting.clock.now
        return Source(name=name, region=region, account=account, partner=by, since=now, state=state)

    def _forget(self, source: Source) -> None:
        self._sources = [each for each in self._sources if each is not source]

    def _offered(self, account: str, region: str, name: str) -> Source | None:
        wanted = account, region, name
        return next(
            (each for each in self._sources if (each.account, each.region, each.name) == wanted), None
        )

    def _owned(self, asked: Asked, name: str = "") -> list[Source]:
        """What the caller's account offers; another partner's sources are none to it."""
        where = asked.caller.account, asked.region
        return [
            each for each in self._sources if (each.partner, each.region) == where and name in ("", each.name)
        ]

    def _one_owned(self, asked: Asked, name: str) -> Source:
        found = self._owned(asked, name)
        if not found:
            raise Refused("ResourceNotFoundException", f"Event source {name} does not exist.")
        return found[0]

    def _mine(self, asked: Asked) -> Source:
        name = asked.parameters["Name"]
        found = self._offered(asked.caller.account, asked.region, name)
        if found is None:
            raise Refused("ResourceNotFoundException", f"Event source {name} does not exist.")
        return found
