"""How long each remediation takes from the deed to the alert, and from the alert to the act.

Simulated seconds of the scenario in which it may act, else of its first one. The page has them, and a test
plays some of the scenarios again, others each day.

    python -m scenarios.runner.response_times [--write] [NAME...]

prints the rows as they are now; with `--write` they go into docs/response-times.md, and the rows of others
stay.
"""

import argparse
import re
import sys
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from chalicelib.catalog import CATALOG
from chalicelib.template.parts import logical_id
from scenarios.packaging.documents import renewed
from scenarios.runner.library import PACKAGE, scenarios_in
from scenarios.runner.run import Report, run
from scenarios.runner.scenario import Scenario
from scenarios.runner.show.delays import action_of, is_act

PAGE = Path(__file__).parents[2] / "docs" / "response-times.md"
# CloudTrail hands a call to EventBridge after up to two minutes in the simulated AWS, drawn from the seed.
SPREAD_SECONDS = 120
_HEAD = ("| remediation | scenario | deed to alert, s | alert to act, s |", "|---|---|---|---|")
_ROW = re.compile(r"\| `(?P<name>\w+)` \| `(?P<scenario>[\w.]+)` \| (?P<alert>\d*) \| (?P<act>\d*) \|")


@dataclass(frozen=True, slots=True, kw_only=True)
class Times:
    """Whole seconds from the deed to the first alert, and from that to the first act; None for none.

    An act at once comes just before the alert that tells of it: 0.
    """

    scenario: str
    alert: int | None
    act: int | None

    def like(self, other: "Times") -> bool:
        """Whether nothing but the seed's delays may lie between them."""
        return self.scenario == other.scenario and all(
            (one is None) == (two is None) and abs((one or 0) - (two or 0)) <= SPREAD_SECONDS
            for one, two in ((self.alert, other.alert), (self.act, other.act))
        )


def scenario_of(name: str) -> Scenario:
    """The scenario in which it may act, where there is one."""
    found = scenarios_in(PACKAGE / "incidents" / f"{name}.py")
    acting = (f"{logical_id(name)}Mode", "enforce")
    return next((each for each in found if acting in dict(each.parameters).items()), found[0])


def measured(name: str) -> Times:
    """What the scenario takes."""
    scenario = scenario_of(name)
    return Times(scenario=scenario.name, **_of(run(scenario), name))


def _of(report: Report, name: str) -> dict[str, int | None]:
    mail = [each for each in report.timeline if each.kind == "mail" and each.facts["remediation"] == name]
    if not mail:
        return {"alert": None, "act": None}
    deed = action_of(mail[0], report)
    acts = [each for each in report.timeline if is_act(each)]
    # What waited in a queue for event history has lost which action it follows; nothing else may act here.
    caused = [each for each in acts if deed and each.cause == deed.cause] or [
        each for each in acts if each.at >= mail[0].at
    ]
    return {
        "alert": round((mail[0].at - deed.at).total_seconds()) if deed else None,
        "act": max(0, round((caused[0].at - mail[0].at).total_seconds())) if caused else None,
    }


def written(text: str) -> dict[str, Times]:
    """The rows of the page, by remediation."""
    return {
        row["name"]: Times(
            scenario=row["scenario"],
            alert=int(row["alert"]) if row["alert"] else None,
            act=int(row["act"]) if row["act"] else None,
        )
        for row in _ROW.finditer(text)
    }


def page(text: str, times: Mapping[str, Times]) -> str:
    """The page with these rows, in the catalogue's order."""
    rows = [_row(each.name, times[each.name]) for each in CATALOG if each.name in times]
    return renewed(text, {"response times": "\n".join((*_HEAD, *rows, ""))}, PAGE.name)


def _row(name: str, found: Times) -> str:
    alert, act = ("" if each is None else str(each) for each in (found.alert, found.act))
    return f"| `{name}` | `{found.scenario}` | {alert} | {act} |"


def _told(names: Iterable[str]) -> Iterator[tuple[str, Times]]:
    for name in names:
        found = measured(name)
        sys.stdout.write(f"{_row(name, found)}\n")
        sys.stdout.flush()
        yield name, found


def main(arguments: list[str]) -> None:
    """Measure, print, and write if asked to."""
    parser = argparse.ArgumentParser(prog="python -m scenarios.runner.response_times")
    parser.add_argument("names", nargs="*", metavar="NAME", help="remediations; all without one")
    parser.add_argument("--write", action="store_true", help="into docs/response-times.md")
    asked = parser.parse_args(arguments)
    every = [each.name for each in CATALOG]
    if unknown := [each for each in asked.names if each not in every]:
        parser.error(f"there is no remediation {', '.join(unknown)}")
    found = dict(_told(asked.names or every))
    if asked.write:
        text = PAGE.read_text()
        PAGE.write_text(page(text, {**written(text), **found}))


if __name__ == "__main__":
    main(sys.argv[1:])
