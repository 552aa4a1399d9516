"""The few moments of a run that matter: the action, what noticed it, the alert, what was done about it.

These four are one chain. Chains of the scenario's own remediation come first, one for each action. The lines
that are left go to earlier actions, then to other alerts.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from chalicelib.wording import number_of
from scenarios.cloud.setting import Moment
from scenarios.runner.run import Report
from scenarios.runner.show.delays import action_of, is_act

MOST_MOMENTS = 7  # one line more says what was left out
MOST_ACTS = 2  # of one alert, before there is room for more
WRONG = ("fails", "failed", "kept", "lost", "undelivered", "could not")


@dataclass(frozen=True, slots=True, kw_only=True)
class Brief:
    """The moments that are shown, in the order of time, and how many others there are of each kind."""

    moments: tuple[Moment, ...]
    more_actions: int
    more_alerts: int
    more_acts: int

    @property
    def left_out(self) -> str:
        """`3 actions, 6 alerts`; empty where all of it is shown."""
        counts = {"action": self.more_actions, "alert": self.more_alerts, "act": self.more_acts}
        return ", ".join(number_of(count, word) for word, count in counts.items() if count)


def brief(report: Report) -> Brief:
    """Choose what is shown of a run. Everything that went wrong is shown, however many lines it takes."""
    timeline = report.timeline
    chosen = {place for place, moment in enumerate(timeline) if moment.kind in WRONG}
    for group in _groups(report):
        if len(chosen | group) <= MOST_MOMENTS:
            chosen |= group
    rest = [moment for place, moment in enumerate(timeline) if place not in chosen]
    return Brief(
        moments=tuple(timeline[place] for place in sorted(chosen)),
        more_actions=sum(moment.kind == "action" for moment in rest),
        more_alerts=sum(moment.kind == "mail" for moment in rest),
        more_acts=sum(is_act(moment) for moment in rest),
    )


def _groups(report: Report) -> Iterator[set[int]]:
    """Places in the timeline that belong together, what matters most first."""
    timeline = report.timeline
    remediation = report.scenario.name.partition(".")[0]
    mail = [place for place, moment in enumerate(timeline) if moment.kind == "mail"]
    mail.sort(key=lambda place: timeline[place].facts.get("remediation") != remediation)
    chains = [_chain(place, report) for place in mail]
    actions = [place for place, moment in enumerate(timeline) if moment.kind == "action"]
    shown: set[int] = set()
    for chain in chains:
        if not chain & shown & set(actions):
            yield chain
        shown |= chain
    first = min(mail, default=len(timeline))
    yield from ({place} for place in actions if place < first)
    yield from chains
    yield from ({place} for place in actions)
    yield from ({place} for place, moment in enumerate(timeline) if is_act(moment))


def _chain(place: int, report: Report) -> set[int]:
    """An alert, the action it follows from, the last thing that noticed it, and what was done about it."""
    timeline = report.timeline
    mail, action = timeline[place], action_of(timeline[place], report)
    before = range(place)
    chain = {place}
    if action is not None:
        chain |= {other for other in before if timeline[other] == action}
    if mail.cause is not None:
        chain |= _last(other for other in before if _noticed(timeline[other], mail.cause))
        acts = [other for other, each in enumerate(timeline) if is_act(each) and each.cause == mail.cause]
        chain |= set(acts[:MOST_ACTS])
    else:
        chain |= _last(other for other in before if _went_off(timeline[other]))
    return chain


def _noticed(moment: Moment, action: int) -> bool:
    return moment.kind == "matched" and moment.cause == action


def _went_off(moment: Moment) -> bool:
    return moment.kind == "alarm" and moment.words.endswith("-> ALARM")


def _last(places: Iterable[int]) -> set[int]:
    """The last of these places, if there is any."""
    return set(list(places)[-1:])
