"""The web outside AWS: endpoints that services send requests to, and what they answer, as a scenario says it.

Nothing leaves the world. A request to an address for which nobody said what it answers is NotSimulated.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Final
from urllib.parse import urlsplit

from scenarios.cloud.kernel.errors import NotSimulated

NO_CONNECTION: Final = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class WebRequest:
    """What a service asked: `by` is its principal. Headers may hold secrets, so they are not shown."""

    at: datetime
    by: str
    method: str
    url: str = field(repr=False)
    headers: Mapping[str, str] = field(default_factory=dict, repr=False)
    body: str = field(default="", repr=False)

    @property
    def place(self) -> str:
        """The URL without what may be secret in it: user, query and fragment."""
        return place_of(self.url)


@dataclass(frozen=True, slots=True, kw_only=True)
class WebAnswer:
    """What an endpoint answers, and after how many seconds. `status` NO_CONNECTION: it can't be reached."""

    status: int = 200
    headers: Mapping[str, str] = field(default_factory=dict)
    body: str = ""
    seconds: float = 0.0


Answering = Callable[[WebRequest], WebAnswer]


class Web:
    """Every endpoint that somebody speaks for. `requests`: all that were sent, the oldest first."""

    def __init__(self) -> None:
        self.requests: list[WebRequest] = []
        self._answering: dict[str, Answering] = {}
        self._gates: list[Callable[[WebRequest], WebAnswer | None]] = []

    def gate(self, refused: Callable[[WebRequest], WebAnswer | None]) -> None:
        """Have a service of AWS's answer in an endpoint's place, where it turns a request away."""
        self._gates.append(refused)

    def answers(self, url: str, answering: Answering | WebAnswer) -> None:
        """From now on, this is what everything answers whose URL begins like this; the longest counts."""
        self._answering[url] = answering if callable(answering) else lambda _: answering

    def is_known(self, url: str) -> bool:
        """Whether somebody said what is answered there."""
        return self._found(url) is not None

    def ask(self, request: WebRequest) -> WebAnswer:
        """Send a request.

        Raises:
            NotSimulated: nobody said what is answered there.
        """
        answering = self._found(request.url)
        if answering is None:
            raise NotSimulated("web", f"what {request.place} answers: nobody said it")
        self.requests.append(request)
        refusals = (gate(request) for gate in self._gates)
        return next((each for each in refusals if each is not None), None) or answering(request)

    def _found(self, url: str) -> Answering | None:
        known = [each for each in self._answering if url.startswith(each)]
        return self._answering[max(known, key=len)] if known else None


def place_of(url: str) -> str:
    """Scheme, host and path of a URL."""
    parts = urlsplit(url)
    return f"{parts.scheme}://{parts.hostname or ''}{parts.path}"
