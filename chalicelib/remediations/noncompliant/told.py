"""Which rules of AWS Config are told of: the stack's own, and those that its owner has named."""

from typing import Final

from chalicelib.config_rule import ConfigRule
from chalicelib.config_rules import load_rule
from chalicelib.settings import Settings, matches_any
from chalicelib.stack import Parameter

OWN_RULES, TOLD, BROUGHT = "CONFIG_RULES_OWN", "CONFIG_RULES_TOLD", "CONFIG_RULES"
_NO_OTHERS: Final = "none"
TOLD_PARAMETER = Parameter(
    name="ConfigRulesTold",
    type="CommaDelimitedList",
    default=_NO_OTHERS,
    description="Other rules of AWS Config to be told of, by name, wildcards allowed; the stack's own are.",
)


def none_is_told(settings: Settings) -> bool:
    """Whether the stack has brought no rules, and its owner has named none."""
    return settings.text(BROUGHT) == "no" and settings.names(TOLD) == (_NO_OTHERS,)


def is_told(rule: str, settings: Settings) -> bool:
    """Whether a rule is one of them, by its name."""
    return rule.startswith(settings.text(OWN_RULES)) or matches_any(rule, settings.names(TOLD))


def own_rule(rule: str, settings: Settings) -> ConfigRule | None:
    """The stack's own rule of that name, from this very package."""
    own = settings.text(OWN_RULES)
    name = rule.removeprefix(own)
    if not rule.startswith(own) or not name.isidentifier() or name.startswith("_"):
        return None
    try:
        return load_rule(name)
    except ModuleNotFoundError:  # somebody's rule that is named as ours are
        return None
