"""The parts of a deployed stack, by the names that records have for them.

CloudFormation names most parts by the stack's name, the template's, and an ending that it draws; so records
themselves tell such names. A key, an API or a mapping has an id that says nothing; those are known from what
`aws cloudformation list-stack-resources` prints.

Source: https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/aws-properties-name.html
"""

import json
import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from scenarios.cloud.kernel.stack import Stack

_ENDING = r"[A-Za-z0-9]{8,14}"  # drawn by CloudFormation
_DRAWN = re.compile(r"(.+)-[A-Za-z0-9]{12}")
_BEFORE, _AFTER = r"(?<![A-Za-z0-9_-])", r"(?![A-Za-z0-9_-])"
_UUID = r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}"
_SHORTEST = 10  # the id of an API; what is shorter could stand in any text
_LONGEST_NAME = 128
_NAME_AT_THE_END = re.compile(r"[A-Za-z][A-Za-z0-9-]*\Z", re.ASCII)


class NoParts(ValueError):
    """A text is no list of a stack's resources; the message is a sentence without its name."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Parts:
    """What is known of a deployed stack's parts: ids by logical id. `stack_id`: "" where it was not told."""

    stack_id: str = ""
    ids: tuple[tuple[str, str], ...] = ()

    @property
    def by_name(self) -> dict[str, str]:
        """The id of each, by the template's name."""
        return dict(self.ids)


def parts_in(text: str) -> Parts:
    """What `list-stack-resources` or `describe-stack-resources` printed; raises NoParts."""
    try:
        found = json.loads(text)
    except ValueError as error:
        raise NoParts("is no JSON") from error
    listed = [
        each
        for name in ("StackResourceSummaries", "StackResources")
        for each in (found.get(name, ()) if isinstance(found, dict) else ())
    ]
    if not listed or not all(isinstance(each, dict) for each in listed):
        raise NoParts("is not what `aws cloudformation list-stack-resources` prints")
    ids = {
        str(each.get("LogicalResourceId")): short_id(each["ResourceType"], each["PhysicalResourceId"])
        for each in listed
        if isinstance(each.get("PhysicalResourceId"), str) and isinstance(each.get("ResourceType"), str)
    }
    stacks = {each["StackId"] for each in listed if isinstance(each.get("StackId"), str)}
    if len(stacks) > 1:
        raise NoParts("names more than one stack")
    return Parts(stack_id=next(iter(stacks), ""), ids=tuple(sorted(ids.items())))


def short_id(kind: str, physical_id: str) -> str:
    """An id without what all of its kind have before it: of an ARN or a URL, what is behind."""
    if kind in ("AWS::SNS::Topic", "AWS::SNS::Subscription"):
        return physical_id.rpartition(":")[2]
    return physical_id.rpartition("/")[2] if kind == "AWS::SQS::Queue" else physical_id


class Names:
    """Between the names that records have for a stack's parts, and those that the simulated AWS has.

    A stack may have been made anew, so that a part had two names: both lead to the simulated one, and the
    one that came last is told.
    """

    def __init__(self, stack: Stack, parts: Parts) -> None:
        known = parts.by_name
        simulated = {name: short_id(each.type, each.physical_id) for name, each in stack.resources.items()}
        self._exact: dict[str, str] = {}
        self._drawn: dict[str, str] = {}
        self._back: dict[str, str] = {}
        for name, here in simulated.items():
            drawn = _DRAWN.fullmatch(here)
            if drawn:
                self._drawn[drawn[1]] = here
                self._back[here] = f"{drawn[1]}-..."
            elif re.fullmatch(_UUID, here):
                self._back[here] = f"id-of-{name}"
            there = known.get(name, here)
            if there != here and min(len(there), len(here)) >= _SHORTEST:
                self._exact[there] = here
                self._back[here] = there
        stack_arn, _, self._stack_uuid = stack.stack_id.rpartition("/")
        self._back[self._stack_uuid] = "id-of-the-stack"
        self._inward = _any_of(
            (_BEFORE + re.escape(each) + _AFTER for each in self._exact),
            f"{_BEFORE}(?P<drawn>{'|'.join(map(re.escape, self._drawn))})-{_ENDING}{_AFTER}",
            f"(?<={re.escape(stack_arn.partition(':stack/')[2])}/)(?P<uuid>{_UUID})",
        )
        self._outward = _any_of(map(re.escape, sorted(self._back, key=len, reverse=True)))

    def inward(self, text: str) -> str:
        """A text of a record, with the simulated AWS's names."""
        return self._inward.sub(self._here, text)

    def outward(self, text: str) -> str:
        """A text of the simulated AWS, with the names that records have; a name not seen yet ends in dots."""
        return self._outward.sub(lambda found: self._back[found[0]], text)

    def _here(self, found: re.Match[str]) -> str:
        if found["uuid"]:
            here = self._stack_uuid
        elif found["drawn"]:
            here = self._drawn[found["drawn"]]
        else:
            return self._exact[found[0]]
        if found[0] != here and here not in self._exact.values():
            self._back[here] = found[0]
        return here


def _any_of(*alternatives: Iterable[str] | str) -> re.Pattern[str]:
    flat = [one for each in alternatives for one in ([each] if isinstance(each, str) else each)]
    return re.compile("|".join(flat), re.ASCII)


def likely_names(logical_ids: Iterable[str]) -> Callable[[Mapping[str, Any]], str]:
    """What finds the name of a stack with such parts in a record's parameters; "" where there is none."""
    parts = "|".join(sorted(map(re.escape, logical_ids), key=len, reverse=True))
    part = re.compile(rf"-(?:{parts})(?:-{_ENDING})?{_AFTER}", re.ASCII)

    def name_in(record: Mapping[str, Any]) -> str:
        text = json.dumps([record.get("requestParameters"), record.get("errorMessage")])
        for found in part.finditer(text):
            before = _NAME_AT_THE_END.search(text, max(0, found.start() - _LONGEST_NAME), found.start())
            if before:
                return before[0]
        return ""

    return name_in
