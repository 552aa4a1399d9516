"""The errors of a remediation: one small family, each a sentence for the person on call.

Every one keeps the event: it rises out of the handler, Lambda tries again, and in
the end the dead-letter queue behind the function holds what could not be handled.
"""


class RemediationError(Exception):
    """Something a remediation could foresee went wrong; the subclass says whether trying again helps.

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


class Throttled(RemediationError):
    """AWS asked for patience longer than the function had. Trying again helps."""


class StillUnderWay(RemediationError):
    """Another invocation holds the claim on this event. Trying again helps: by then it is done, or gone."""


_DENIED = ("AccessDenied", "UnauthorizedOperation", "AuthorizationError", "NotAuthorized")
_THROTTLED = ("Throttling", "TooManyRequests", "RequestLimitExceeded", "ProvisionedThroughput", "SlowDown")


def foreseen(error: Exception, **about: str) -> Exception:
    """What a botocore `ClientError` means to a remediation; anything unforeseen comes back as it is."""
    response = getattr(error, "response", None)
    if not isinstance(response, dict):
        return error
    details = response.get("Error", {})
    code, message = str(details.get("Code", "")), str(details.get("Message", ""))
    what = f"{getattr(error, 'operation_name', 'a call')}: {message or code}"
    if any(part in code for part in _DENIED):
        return NotAllowed(what, **about)
    if any(part in code for part in _THROTTLED):
        return Throttled(what, **about)
    return error
