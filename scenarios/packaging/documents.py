"""What README and the guides say of the catalogue, written from the catalogue.

A generated section stands between two comments that no reader sees:

    <!-- generated: remediations -->
    <!-- end of remediations -->

It may stand in any of `DOCUMENTS`, and moves from one to another by its comments alone.
"""

import re
from collections.abc import Iterable, Mapping
from pathlib import Path

from chalicelib.config_rule import ConfigRule
from chalicelib.remediation import Remediation
from chalicelib.stack import Parameter
from chalicelib.template import all_parameters
from scenarios.packaging.dangerous_calls import dangerous_calls

# Those that aren't there are left out.
DOCUMENTS = (
    "README.md",
    "docs/deploying.md",
    "docs/index.md",
    "docs/config-rules.md",
    "docs/dangerous-calls.md",
)

_BAR = r"\|"
_BEGIN = re.compile(r"^<!-- generated: (?P<name>[a-z ]+) -->\n", re.MULTILINE)


class UnknownSection(ValueError):
    """A document asks for an unknown section, or doesn't say where it ends; the message names both."""


def sections(remediations: Iterable[Remediation], rules: Iterable[ConfigRule] = ()) -> dict[str, str]:
    """Every section there is, by the name in its comment."""
    declared, judging = tuple(remediations), tuple(rules)
    return {
        "remediations": _remediations(declared),
        "config rules": _config_rules(judging),
        "parameters": _parameters(all_parameters(declared, judging)),
        "dangerous calls": dangerous_calls(declared),
    }


def documents(project: Path, written: Mapping[str, str]) -> dict[Path, str]:
    """Each document as it must be; raises UnknownSection."""
    paths = (project / name for name in DOCUMENTS)
    return {path: renewed(path.read_text(), written, path.name) for path in paths if path.exists()}


def renewed(text: str, written: Mapping[str, str], document: str) -> str:
    """A document's text with its sections written anew; raises UnknownSection."""
    parts, rest = [], 0
    for found in _BEGIN.finditer(text):
        name = found["name"]
        end = text.find(f"<!-- end of {name} -->", found.end())
        if name not in written or end < 0:
            known = ", ".join(written)
            raise UnknownSection(f"{document}: the section {name!r} has no end or isn't one of {known}")
        parts += [text[rest : found.end()], written[name]]
        rest = end
    return "".join((*parts, text[rest:]))


def _remediations(remediations: Iterable[Remediation]) -> str:
    rows = ((f"`{each.name}`", each.woken_by, each.response) for each in remediations)
    return _table(("remediation", "wakes on", "what happens"), rows)


def _config_rules(rules: Iterable[ConfigRule]) -> str:
    rows = ((f"`{each.name}`", each.judges, each.response) for each in rules)
    return _table(("rule of AWS Config", "wants of", "what happens"), rows)


def _parameters(declared: Iterable[Parameter]) -> str:
    rows = ((f"`{each.name}`", _default(each), each.description) for each in declared)
    return _table(("parameter", "default", "what it does"), rows)


def _default(parameter: Parameter) -> str:
    return f"`{parameter.default}`" if parameter.default else "(empty)"


def _table(heads: tuple[str, ...], rows: Iterable[tuple[str, ...]]) -> str:
    """A table in Markdown; a bar in a cell would end it."""
    lines = (heads, *rows)
    head, *body = (f"| {' | '.join(cell.replace('|', _BAR) for cell in line)} |" for line in lines)
    return "\n".join((head, f"|{'---|' * len(heads)}", *body)) + "\n"
