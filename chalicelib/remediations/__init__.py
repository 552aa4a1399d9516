"""One module for each remediation: what happened, what we do, what we leave alone."""

from importlib import import_module

from chalicelib.remediation import Remediation


def load(name: str) -> Remediation:
    """The remediation of this name, its module imported only now: a function's cold start pays for its own.

    For all of them at once, `chalicelib.catalog` spells them out.
    """
    remediation = import_module(f"{__name__}.{name}").REMEDIATION
    assert isinstance(remediation, Remediation)
    return remediation
