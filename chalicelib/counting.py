"""The hourly way of a remediation that otherwise only answers events: it has what of its floods is left told.

The way itself has nothing to look at and nothing to decide: when a schedule wakes a function, the runtime
reports what that function's floods have left over.
"""

from datetime import datetime

from chalicelib.aws import Aws
from chalicelib.events import Tick, single, tick
from chalicelib.remediation import Plan, Way
from chalicelib.settings import Settings
from chalicelib.triggers import OnSchedule


def look(_aws: Aws, _event: Tick, _settings: Settings) -> None:
    """Read nothing."""


def decide(_event: Tick, _facts: None, _now: datetime, _settings: Settings) -> Plan:
    """An hour that passed is nothing to tell of by itself."""
    return Plan.nothing()


COUNTING: Way[Tick, None] = Way(
    on=OnSchedule(expression="rate(1 hour)"), parse=single(tick), look=look, decide=decide
)
