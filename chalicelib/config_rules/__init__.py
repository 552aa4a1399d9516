"""One module for each rule of AWS Config: what it judges, what happens then, what we leave alone."""

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from chalicelib.config_rule import ConfigRule


def load_rule(name: str) -> "ConfigRule":
    """The rule of this name, its module imported only now: a function's cold start pays for its own."""
    rule: ConfigRule = import_module(f"{__name__}.{name}").RULE
    return rule
