"""A walk as people read it: the figures, and each point that broke with the command that replays it."""

from collections.abc import Iterator, Sequence

from scenarios.runner.show.failure import replay_command
from scenarios.runner.walk.course import PROFILE
from scenarios.runner.walk.snapshots import Told
from scenarios.runner.walk.walk import Walk

MOST_SENTENCES = 3


def figures_of(walks: Sequence[Walk]) -> str:
    """`N points tried, M broken, K skipped by rule`, and what else there is to say."""
    tried, skipped, left_out, proved, cut_short = (
        sum(getattr(each, name) for each in walks)
        for name in ("tried", "skipped", "left_out", "proved", "cut_short")
    )
    broken, stopped = sum(len(each.broken) for each in walks), sum(bool(each.stopped) for each in walks)
    more = f" ({proved} of a rule's tried all the same)" if proved else ""
    left = f", {left_out} left out by the sample" if left_out else ""
    left += f", {cut_short} for which there was no time" if cut_short else ""
    if stopped:
        left += f", {stopped} {'scenario' if stopped == 1 else 'scenarios'} not walked"
    return f"{tried} points tried, {broken} broken, {skipped} skipped by rule{more}{left}"


def replay_of(walked: Walk, told: Told, asked_as: str) -> str:
    """The command that puts the one fault again, and shows the run."""
    return replay_command(asked_as, seed=walked.seed, faults=f"{PROFILE}:{told.point}")


def lines_of(walked: Walk, asked_as: str) -> Iterator[str]:
    """The figures, then each broken point: what doesn't hold, and how to replay it.

    Of a scenario that fails by itself, why: nothing can be held against such a play.
    """
    if walked.stopped:
        yield f"✗ {walked.scenario.name}: not walked, it fails without any fault: {walked.stopped}"
        yield f"      replay it: {replay_command(asked_as, seed=walked.seed, faults=PROFILE)}"
        return
    yield f"{'✓' if walked.passed else '✗'} {walked.scenario.name}: {figures_of([walked])}"
    for told in walked.broken:
        for sentence in told.broken[:MOST_SENTENCES]:
            yield f"    {told.point}  {sentence}"
        if len(told.broken) > MOST_SENTENCES:
            yield f"    {told.point}  and {len(told.broken) - MOST_SENTENCES} more"
        yield f"      replay it: {replay_of(walked, told, asked_as)}"
