"""Errors that the simulated AWS raises when it can't continue.

These are errors of the rehearsal, never of the product: they must reach the
person who wrote the scenario, and a handler's `except` must not swallow them.
"""

from collections.abc import Mapping


class NotSimulated(BaseException):
    """Real AWS does something here that the simulated AWS does not do.

    Never swallowed: it derives from `BaseException`, so that a handler which
    catches `Exception` cannot turn a hole in the rehearsal into a pass.
    What to do: write the scenario without it, or write the law.
    """

    def __init__(self, service: str, what: str) -> None:
        self.service = service
        self.what = what
        super().__init__(f"the simulated AWS does not do {service}: {what}")


class WorldError(BaseException):
    """The simulated AWS was used in a way it does not allow, such as a connection to the outside.

    It passes through `except Exception`, as `NotSimulated` does, so that a handler can't hide it.
    """


class Refused(Exception):
    """A law refuses a call, with the code and message AWS would give, and what else its error names.

    `headers`: what AWS says beside that, in headers of the answer; `members`: what its model has beside code
    and message.
    """

    def __init__(
        self,
        code: str,
        message: str,
        status: int = 400,
        headers: Mapping[str, str] | None = None,
        members: Mapping[str, object] | None = None,
        **about: str,
    ) -> None:
        self.about = about
        self.members = members or {}
        self.headers = headers or {}
        self.code = code
        self.message = message
        self.status = status
        super().__init__(f"{code}: {message}")


class InvalidTemplate(ValueError):
    """CloudFormation would refuse this template, or the simulated AWS does not know a part of it.

    The message names the logical id and the property.
    """

    def __init__(self, where: str, why: str) -> None:
        self.where = where
        self.why = why
        super().__init__(f"{where}: {why}")
