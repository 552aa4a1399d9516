"""What a form of cases answers."""

from dataclasses import dataclass


class Cannot(Exception):
    """A row can't be run: it is described in words, or asks for what no form expresses."""


@dataclass(frozen=True, slots=True)
class Verdict:
    """Whether a row came out as expected, and what came out."""

    right: bool
    got: str
