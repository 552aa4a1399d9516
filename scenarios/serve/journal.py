"""What was asked of a world, in the order in which it was: `--state DIR`.

A world can't be written down: what is due in it are functions. It can be made again: the same requests at the
same simulated moments give the same world, byte for byte. So each request is kept with its moment and what
was answered, and asked again at the next start. An answer that differs says that code, template or versions
have changed meanwhile; then the world isn't what it was, and the start is refused.

The file holds what clients sent, secrets in it too: only its owner may read it. It holds no signatures.
"""

import base64
import hashlib
import json
import os
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from pathlib import Path
from typing import Any, Self

from scenarios.cloud.deployment import Deployment
from scenarios.serve.messages import HttpAnswer, HttpRequest
from scenarios.serve.served import Plan

_FILE, _FORM = "journal.jsonl", 1
_OURS_ALONE = 0o600


class CannotGoOn(Exception):
    """What is kept makes no world, or not the one that it was; the message is one sentence."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """One thing asked. `waits`: False for a poll that had been held, and ended now. `digest`: of the answer.

    Without a request, time had come as far, and nothing else happened.
    """

    at: datetime
    request: HttpRequest | None = None
    waits: bool = True
    digest: str = ""

    def as_json(self) -> dict[str, Any]:
        """A line of the file."""
        told: dict[str, Any] = {"at": self.at.isoformat()}
        if self.request is not None:
            told["request"] = {
                "method": self.request.method,
                "target": self.request.target,
                "headers": dict(self.request.headers),
                "body": base64.b64encode(self.request.body).decode(),
                "peer": self.request.peer,
            }
        return told | {"waits": self.waits, "digest": self.digest}

    @classmethod
    def from_json(cls, line: Mapping[str, Any]) -> Self:
        """What `as_json` wrote."""
        kept = line.get("request")
        request = HttpRequest(**{**kept, "body": base64.b64decode(kept["body"])}) if kept else None
        at = datetime.fromisoformat(line["at"])
        return cls(at=at, request=request, waits=line["waits"], digest=line["digest"])


def head_of(plan: Plan) -> dict[str, Any]:
    """What a world was begun with."""
    made = plan.deployment
    return {
        "form": _FORM,
        "template": made.template,
        "parameters": dict(made.parameters),
        "home": made.home,
        "regions": list(made.regions),
        "start": made.start.isoformat(),
        "code": str(made.code),
        "begins": plan.begins.isoformat(),
        "seed": plan.seed,
        "verify": plan.verify,
    }


def plan_of(head: Mapping[str, Any], plan: Plan) -> Plan:
    """The plan that a journal's head tells of, at the speed of today's. Raises CannotGoOn."""
    try:
        if head["form"] != _FORM:
            raise CannotGoOn(f"what is kept has the form {head['form']!r}, and this version writes {_FORM}")
        deployment = Deployment(
            template=head["template"],
            parameters=tuple(head["parameters"].items()),
            home=head["home"],
            regions=tuple(head["regions"]),
            start=datetime.fromisoformat(head["start"]),
            code=Path(head["code"]),
        )
        begins = datetime.fromisoformat(head["begins"])
        return replace(plan, deployment=deployment, begins=begins, seed=head["seed"], verify=head["verify"])
    except (KeyError, TypeError, ValueError) as error:
        raise CannotGoOn(f"what is kept can't be read: {error!r}") from error


def digest_of(answer: HttpAnswer) -> str:
    """Short, and different for answers that differ."""
    told = hashlib.sha256(f"{answer.status}".encode() + answer.body)
    return told.hexdigest()[:16]


@dataclass(slots=True)
class Journal:
    """The file, which grows by a line for each request."""

    path: Path
    _file: Any = field(default=None, repr=False)

    @classmethod
    def within(cls, folder: Path) -> Self:
        """The journal of a folder, which is made where there is none."""
        folder.mkdir(parents=True, exist_ok=True)
        return cls(folder / _FILE)

    def head(self) -> Mapping[str, Any] | None:
        """What the world was begun with; None where nothing was kept yet. Raises CannotGoOn."""
        lines = self._lines()
        return next(lines, None)

    def entries(self) -> Iterator[Entry]:
        """All that was asked. Raises CannotGoOn."""
        lines = self._lines()
        next(lines, None)
        for line in lines:
            try:
                yield Entry.from_json(line)
            except (KeyError, TypeError, ValueError) as error:
                raise CannotGoOn(f"{self.path} holds a line that can't be read: {error!r}") from error

    def begin(self, head: Mapping[str, Any]) -> None:
        """Begin anew: what was kept is gone."""
        self.close()
        made = os.open(self.path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, _OURS_ALONE)
        self._file = os.fdopen(made, "w", encoding="utf-8")
        self._write(head)

    def go_on(self) -> None:
        """Write behind what is there; a line that was never finished is cut off."""
        self.close()
        kept = self.path.read_bytes()
        os.truncate(self.path, kept.rfind(b"\n") + 1)
        self._file = self.path.open("a", encoding="utf-8")

    def note(self, entry: Entry) -> None:
        """Keep one thing that was asked."""
        self._write(entry.as_json())

    def close(self) -> None:
        """Close the file."""
        if self._file is not None:
            self._file.close()
            self._file = None

    def _write(self, line: Mapping[str, Any]) -> None:
        self._file.write(json.dumps(line) + "\n")
        self._file.flush()

    def _lines(self) -> Iterator[Mapping[str, Any]]:
        if not self.path.exists():
            return
        with self.path.open(encoding="utf-8") as file:
            for number, line in enumerate(file, 1):
                if not line.endswith("\n"):
                    return  # the machine stopped in the middle of it: it was never answered
                try:
                    yield json.loads(line)
                except ValueError as error:
                    raise CannotGoOn(f"{self.path}, line {number}, is no JSON") from error
