"""The same for those who have the rights themselves: the ledger, the calls and the queue, without the API.

What is done so is done under the caller's own name: AWS asks the caller's policies and CloudTrail records it.
Nothing of it is noted in the ledger, whose items only Trailwarden's functions can seal.
"""

import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import unquote

from botocore.exceptions import ClientError

from chalicelib.catalog import CATALOG, UnknownRemediation, find
from chalicelib.errors import AWS_ERRORS, LedgerUnreachable, NotConfigured
from chalicelib.http.dead_letters import BadRedrive, DeadLetters, asked_for
from chalicelib.http.listing import BadFilter, Filters, page_of
from chalicelib.ledger.entries import LedgerEntry
from chalicelib.ledger.ledger import Ledger
from chalicelib.remediation import Call
from chalicelib.runtime.rulings import WAITING, undos
from chalicelib.settings import DEAD_LETTERS, FUNCTIONS, PUT_OFF_QUEUES, PUT_OFF_URL, VALIDATIONS
from chalicelib.template.parts import logical_id
from scenarios.people.api import AnswerIsNo, ApiError, Refused


@dataclass(frozen=True, slots=True)
class Direct:
    """A stack's resources through the caller's own clients; `resources`: physical ids by logical ids."""

    session: Any = field(repr=False)
    resources: Mapping[str, str] = field(repr=False)

    @classmethod
    def of(cls, session: Any, stack: str) -> "Direct":
        """The resources of a stack; raises ApiError."""
        try:
            pages = (
                session.client("cloudformation")
                .get_paginator("list_stack_resources")
                .paginate(StackName=stack)
            )
            found = {
                each["LogicalResourceId"]: each.get("PhysicalResourceId", "")
                for page in pages
                for each in page["StackResourceSummaries"]
            }
        except AWS_ERRORS as error:
            raise ApiError(f"the stack {stack} could not be read: {error}") from error
        return cls(session, found)

    def get(self, path: str, query: Mapping[str, str] | None = None) -> dict[str, Any]:
        """What the API would answer."""
        with _told():
            if path == "/dead-letters":
                with self._environment():
                    listed: dict[str, Any] = self._dead_letters().listed().as_json()
                    return listed
            if path == "/findings":
                return self._findings(dict(query or {}))
            return self.finding(unquote(path.removeprefix("/findings/"))).as_json()

    def post(self, path: str, body: Mapping[str, Any]) -> dict[str, Any]:
        """Only dead letters are sent again as the API would; decisions are not noted, see `make`."""
        if path != "/dead-letters/redrive":
            raise ApiError(
                "only the API notes decisions: with --direct approve and undo make the calls themselves"
            )
        with _told(), self._environment():
            answer: dict[str, Any] = self._dead_letters().sent_again(asked_for(body))
            return answer

    def finding(self, identity: str) -> LedgerEntry:
        """The finding of this id; raises AnswerIsNo where there is none."""
        with _told():
            found = self._ledger().find(identity)
        if found is None:
            raise AnswerIsNo(404, f"No finding has the id {identity!r}")
        return found

    def plan(self, identity: str) -> tuple[Call, ...]:
        """The calls that an approval would have made; raises AnswerIsNo."""
        found = self.finding(identity)
        if found.outcome not in WAITING:
            raise AnswerIsNo(409, f"Nothing waits for a decision: the finding is {found.outcome!s}")
        return found.plan.calls

    def undos(self, identity: str) -> tuple[Call, ...]:
        """The calls that undo what was done, in their order; raises AnswerIsNo."""
        found = self.finding(identity)
        if not undos(found):
            raise AnswerIsNo(409, f"Nothing was done that could be undone: the finding is {found.outcome!s}")
        return tuple(undos(found))

    def make(self, call: Call) -> None:
        """Make a call under the caller's own name; raises ApiError."""
        try:
            client = self.session.client(call.service, region_name=call.region)
            client.meta.method_to_api_mapping[call.operation]
            getattr(client, call.operation)(**call.parameters)
        except ClientError as error:
            if error.response["Error"]["Code"] not in call.already:
                raise ApiError(f"{call.command}: {error}") from error
        except (*AWS_ERRORS, KeyError) as error:
            raise ApiError(f"{call.command}: {error}") from error

    def _ledger(self) -> Ledger:
        return Ledger(self.session.client("dynamodb"), self.resources.get("Ledger", ""))

    def _findings(self, asked: dict[str, str]) -> dict[str, Any]:
        name = asked.get("remediation")
        names = [find(name).name] if name else [each.name for each in CATALOG]
        found, following = page_of(self._ledger(), names, Filters.of(asked))
        return {"findings": [each.as_json() for each in found], "next": following}

    def _dead_letters(self) -> DeadLetters:
        return DeadLetters(self.session.client("sqs"), self.session.client("lambda"))

    @contextmanager
    def _environment(self) -> Iterator[None]:
        """What the HTTP side's function gets from its stack."""
        named = {each.name: self.resources.get(logical_id(each.name), "") for each in CATALOG}
        os.environ |= {
            DEAD_LETTERS: self.resources.get("DeadLetters", ""),
            VALIDATIONS: self.resources.get("Validations", ""),
            FUNCTIONS: ",".join(f"{name}={function}" for name, function in named.items()),
            PUT_OFF_QUEUES: ",".join(
                f"{each.name}={self.resources.get(each.settings[PUT_OFF_URL]['Ref'], '')}"
                for each in CATALOG
                if PUT_OFF_URL in each.settings
            ),
        }
        yield


@contextmanager
def _told() -> Iterator[None]:
    try:
        yield
    except (BadFilter, BadRedrive, UnknownRemediation) as error:
        raise Refused(400, str(error)) from error
    except (*AWS_ERRORS, LedgerUnreachable, NotConfigured) as error:
        why = (
            "; without --direct you only need the right to ask the API"
            if "AccessDenied" in str(error)
            else ""
        )
        raise ApiError(f"{error}{why}") from error
