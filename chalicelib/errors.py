"""The errors of a remediation: one small family, each a sentence for the person on call.

None of them loses the event: the error leaves the handler, Lambda tries again, and
after the last attempt the event is in the function's dead-letter queue.
"""

from collections.abc import Iterator
from contextlib import contextmanager

from botocore.exceptions import (
    BotoCoreError,
    ClientError,
    HTTPClientError,
    IncompleteReadError,
    ResponseStreamingError,
)
from botocore.exceptions import ConnectionError as NoConnection
from botocore.parsers import ResponseParserError

AWS_ERRORS = (ClientError, BotoCoreError, ResponseParserError)
"""The errors a call may end with: refused, unreachable, or an answer that does not come from AWS."""


class RemediationError(Exception):
    """An error that a remediation foresees; the subclass says whether trying again helps.

    Attributes name the facts: `remediation`, `event_key`, `resource` (each "" where unknown).
    """

    def __init__(self, what: str, *, remediation: str = "", event_key: str = "", resource: str = "") -> None:
        self.remediation = remediation
        self.event_key = event_key
        self.resource = resource
        self.what = what
        super().__init__(self._sentence())

    def _sentence(self) -> str:
        about = f"{self.remediation}: " if self.remediation else ""
        on = f" on {self.resource}" if self.resource else ""
        event = f" for event {self.event_key}" if self.event_key else ""
        return f"{about}{self.what}{on}{event}"


class MalformedEvent(RemediationError):
    """The event is not what its source sends. Trying again does not help; the queue keeps it to be read."""


class NotConfigured(RemediationError):
    """A variable the function needs is missing or unreadable. Deploying the stack again mends it."""


class NotAllowed(RemediationError):
    """AWS refused a call. Trying again does not help until the policy grants the action it names."""


class NotDeclared(RemediationError):
    """A plan holds a call that its remediation doesn't declare. Trying again does not help."""


class MayPass(RemediationError):
    """AWS did not answer for longer than the function could wait. Trying again helps."""


class Throttled(MayPass):
    """AWS throttled a call for longer than the function could wait. Trying again helps."""


class Unavailable(MayPass):
    """AWS could not be reached, or failed by itself. Trying again helps."""


class LedgerUnreachable(RemediationError):
    """The ledger could not be read or written, for any reason.

    Trying again helps once it is there. Until then every try tells what it can, and nothing acts.
    """


class Unsealed(LedgerUnreachable):
    """KMS gave no seal, so that nothing the ledger holds can be believed; as good as no ledger."""


class NotTaken(RemediationError):
    """A channel did not take an alert, and says why. Others took it; trying again sends it there again."""


class StillUnderWay(RemediationError):
    """Another invocation works on this event, or is about to send the same alert. Trying again helps."""


_DENIED = ("AccessDenied", "UnauthorizedOperation", "AuthorizationError", "NotAuthorized", "Forbidden")
_THROTTLED = ("Throttling", "TooManyRequests", "RequestLimitExceeded", "ProvisionedThroughput", "SlowDown")
# Codes of what passes by itself, where a service answers them with a status below 500.
_PASSING = ("InternalError", "InternalFailure", "InternalServerError", "ServiceUnavailable", "RequestTimeout")
_UNREACHABLE = (
    HTTPClientError,
    NoConnection,
    IncompleteReadError,
    ResponseStreamingError,
    ResponseParserError,
)


@contextmanager
def in_own_words(**about: str) -> Iterator[None]:
    """Inside, an error of botocore's rises as the remediation's own, as `foreseen` names it."""
    try:
        yield
    except AWS_ERRORS as error:
        known = foreseen(error, **about)
        raise known from (None if known is error else error)


def foreseen(error: Exception, **about: str) -> Exception:
    """The remediation's error for one of botocore's; an unforeseen one is returned unchanged."""
    if isinstance(error, _UNREACHABLE):
        return Unavailable(str(error), **about)
    response = getattr(error, "response", None)
    if not isinstance(response, dict):
        return error
    details = response.get("Error", {})
    code, message = str(details.get("Code", "")), str(details.get("Message", ""))
    what = f"{getattr(error, 'operation_name', 'a call')}: {message or code}"
    if any(part in code for part in _DENIED):
        return NotAllowed(what, **about)
    status = int(response.get("ResponseMetadata", {}).get("HTTPStatusCode") or 0)
    if status == 429 or any(part in code for part in _THROTTLED):
        return Throttled(what, **about)
    if status >= 500 or any(part in code for part in _PASSING):
        return Unavailable(what, **about)
    return error
