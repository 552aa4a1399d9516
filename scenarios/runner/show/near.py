"""Which rules nearly matched in a run that failed: those of the remediations that it is about."""

import re

from chalicelib.catalog import CATALOG
from chalicelib.stack import logical_id
from chalicelib.wording import number_of
from scenarios.runner.run import Report


def near_in_lines(report: Report) -> list[str]:
    """A line for each rule of these remediations; of all others only how many nearly matched.

    A run is about the remediation that its scenario is named after, and about those that its failures name.
    In a stack of somebody else every rule counts.
    """
    names = {each.name for each in CATALOG}
    scenario = report.scenario.name.partition(".")[0]
    if scenario not in names:
        return [str(miss) for miss in report.near]
    about = names & {scenario, *re.findall(r"\w+", " ".join(report.failures))}
    begins = tuple(f"{logical_id(name)}Trigger" for name in about)
    theirs = [str(miss) for miss in report.near if miss.rule.startswith(begins)]
    others = len(report.near) - len(theirs)
    more = f"{number_of(others, 'rule')} of other remediations nearly matched; --trace names each"
    return [*theirs, more] if others else theirs
