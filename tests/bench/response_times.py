"""How long each remediation takes from the deed to the alert, and from the alert to the act.

    .venv/bin/python tests/bench/response_times.py [NAME...]

Simulated seconds of the scenario in which it may act, else of its first one; as a table for Markdown. What is
proven by CloudTrail's event history waits for that, some minutes.
"""

import sys
from importlib import import_module

from chalicelib.catalog import CATALOG
from chalicelib.template.parts import logical_id
from scenarios.runner.run import run
from scenarios.runner.show.delays import action_of, is_act


def scenario_of(name):
    """The scenario in which it may act, where there is one."""
    found = import_module(f"scenarios.incidents.{name}").SCENARIOS
    acting = (f"{logical_id(name)}Mode", "enforce")
    return next((each for each in found if acting in each.parameters), found[0])


def times(report, name):
    """Seconds from the deed to the first alert, and from that to the first act; None for none."""
    mail = [each for each in report.timeline if each.kind == "mail" and each.facts["remediation"] == name]
    if not mail:
        return None, None
    deed = action_of(mail[0], report)
    acts = [each for each in report.timeline if is_act(each)]
    # What waited in a queue for event history has lost which action it follows; nothing else may act here.
    caused = [each for each in acts if deed and each.cause == deed.cause] or [
        each for each in acts if each.at >= mail[0].at
    ]
    alert = (mail[0].at - deed.at).total_seconds() if deed else None
    return alert, (caused[0].at - mail[0].at).total_seconds() if caused else None


def shown(seconds):
    """Whole seconds. An act at once comes just before the alert that tells of it: 0."""
    return "" if seconds is None else f"{max(0, seconds):.0f}"


def tell(line):
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()


def main(names):
    tell("| remediation | scenario | deed to alert, s | alert to act, s |\n|---|---|---|---|")
    for each in CATALOG:
        if names and each.name not in names:
            continue
        scenario = scenario_of(each.name)
        alert, act = times(run(scenario), each.name)
        tell(f"| `{each.name}` | `{scenario.name}` | {shown(alert)} | {shown(act)} |")


if __name__ == "__main__":
    main(sys.argv[1:])
