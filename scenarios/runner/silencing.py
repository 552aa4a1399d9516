"""Who is still told when somebody blinds Trailwarden: deeds tried alone, in pairs, and three in every order.

One world is made and lives until all is quiet; each trial is a fork of it, in which an administrator does its
deeds one second apart and six minutes pass. Told is who gets any mail since: nothing else happens in there.
What a fork does is lost with it, and the parent's clock stands still meanwhile.

    python -m scenarios.runner.silencing [--write]     every pair, without an archive account

prints those that silence us; with `--write` they go into docs/threat-model.md, where a test holds them.
"""

import argparse
import gc
import json
import os
import random
import re
import sys
from collections import deque
from collections.abc import Collection, Iterable, Iterator, Sequence
from contextlib import contextmanager, suppress
from datetime import UTC, date, datetime, timedelta
from functools import partial
from itertools import combinations, islice
from pathlib import Path
from typing import IO, Final

from botocore.exceptions import ClientError

from scenarios.cloud.kernel.randomness import fork
from scenarios.cloud.world import World
from scenarios.runner.run import deployment_of
from scenarios.runner.scenario import Action, Scenario, at, at_the_end
from scenarios.runner.show.progress import progress
from scenarios.runner.words.actors import Actor
from scenarios.runner.words.archive_account import WATCH_BUS, watching_archive
from scenarios.runner.words.blinding_ways import ALL_DEEDS, FORWARDING_DEEDS
from scenarios.runner.words.checks import no_more_alerts_than

SECOND_PERSON: Final = "second@example.com"
# The heartbeat's alarm begins without data, goes off, and is well after that.
QUIET_AFTER: Final = timedelta(minutes=6, seconds=20)
WITHIN: Final = timedelta(minutes=6)
STEP: Final = timedelta(seconds=15)
APART: Final = timedelta(seconds=1)
GUIDE: Final = Path(__file__).resolve().parents[2] / "docs" / "threat-model.md"
_BEGIN, _END = "<!-- generated: silencing pairs -->\n", "<!-- end of silencing pairs -->"

IN_ENFORCE_TOO: Final = ", in `enforce` too"

EVERY_DEED: Final = {**ALL_DEEDS, **FORWARDING_DEEDS}

Deeds = tuple[str, ...]
"""Names of deeds, in the order in which they are done."""

mallory = Actor(name="mallory", address="203.0.113.66")


def _scenario(*, archive_account: bool, enforce: bool) -> Scenario:
    """Only for what is deployed; nothing of it is played."""
    watched = (("WatchBusArn", WATCH_BUS),) if archive_account else ()
    putting_back = (("StackChangedMode", "enforce"),) if enforce else ()
    return Scenario(
        name="silencing",
        title="An administrator blinds Trailwarden",
        when=[at("00:00", ALL_DEEDS["rule_disabled"].by(mallory))],
        then=[at_the_end(no_more_alerts_than(0))],
        before=watching_archive() if archive_account else {},
        parameters=(("SendHeartbeat", "yes"), ("PlainEmail", SECOND_PERSON), *watched, *putting_back),
    )


@contextmanager
def quiet_world(*, archive_account: bool = False, enforce: bool = False) -> Iterator[World]:
    """A world in which the heartbeat beats, every alarm is well, and nothing happens.

    `archive_account`: with a watch from there. Its stack stands in the same account here, since a world has
    one; no deed touches it. `enforce`: what is done to the stack is put back where it can be; else told only.
    """
    with World(deployment_of(_scenario(archive_account=archive_account, enforce=enforce))) as world:
        world.clock.run(world.clock.now + QUIET_AFTER)
        gc.collect()
        gc.freeze()  # what is there now is common to all forks
        try:
            yield world
        finally:
            gc.unfreeze()


def tried(world: World, deeds: Deeds) -> list[str]:
    """The first mail that comes within six minutes of these deeds, as `seconds recipient: subject`."""
    return next(_all_tried(world, [deeds], jobs=1))


def _all_tried(world: World, trials: Iterable[Deeds], *, jobs: int) -> Iterator[list[str]]:
    """The same of each trial, in their order; so many at once."""
    waiting = iter(trials)
    under_way = deque(_begun(world, deeds) for deeds in islice(waiting, jobs))
    while under_way:
        deeds, child, answer = under_way.popleft()
        with answer:
            text = answer.read()
        os.waitpid(child, 0)
        under_way.extend(_begun(world, each) for each in islice(waiting, 1))
        found = json.loads(text)
        if isinstance(found, str):
            raise RuntimeError(f"{', '.join(deeds)}: {found}")  # noqa: TRY004 - what failed in the fork
        yield list(found)


def _begun(world: World, deeds: Deeds) -> tuple[Deeds, int, IO[str]]:
    """A fork that tries them: its process, and where it will write."""
    reading, writing = os.pipe()
    child = fork()
    if not child:
        os.close(reading)
        _in_a_fork(world, deeds, writing)
    os.close(writing)
    return deeds, child, os.fdopen(reading)


def _in_a_fork(world: World, deeds: Deeds, writing: int) -> None:
    """Do the deeds, let time pass, write what came; never returns."""
    try:
        answer: object = _mail_after(world, deeds)
    except BaseException as error:  # noqa: BLE001 - the parent raises it
        answer = f"{type(error).__name__}: {error}"
    with os.fdopen(writing, "w") as pipe:
        pipe.write(json.dumps(answer))
    os._exit(0)


def _mail_after(world: World, deeds: Deeds) -> list[str]:
    began, read = world.clock.now, len(world.topics.inbox)
    for number, name in enumerate(deeds):
        action = EVERY_DEED[name].by(mallory)
        world.clock.at(began + number * APART, partial(_try, action, world), name)
    until = began
    while until < began + WITHIN and len(world.topics.inbox) == read:  # the first mail is enough
        until += STEP
        world.clock.run(until)
    return [
        f"{(mail.at - began).total_seconds():.0f} {mail.to}: {mail.subject}"
        for mail in world.topics.inbox[read:]
    ]


def _try(action: Action, world: World) -> None:
    """Do a deed; what an earlier one has made impossible, as AWS says then, is not done."""
    with suppress(ClientError):
        action.do(world)


def silencing(world: World, trials: Iterable[Deeds], *, jobs: int = 1) -> list[Deeds]:
    """Those trials of which nobody is told."""
    chosen = list(trials)
    silent: list[Deeds] = []
    with progress() as line:
        for deeds, mail in zip(chosen, _all_tried(world, chosen, jobs=jobs), strict=True):
            silent += [] if mail else [deeds]
            line.say(f"{len(chosen)} to try, {len(silent)} silence us so far, now {' with '.join(deeds)}")
    return silent


def pairs() -> list[Deeds]:
    """Every pair; which call comes first doesn't matter, since CloudTrail's events come after both."""
    return list(combinations(ALL_DEEDS, 2))


def orders_of_three(number: int, seed: int) -> list[Deeds]:
    """So many draws of three different deeds in an order, those to the forwarding among them."""
    draw = random.Random(seed)
    return [tuple(draw.sample(list(EVERY_DEED), 3)) for _ in range(number)]


# ---- the guide ----------------------------------------------------------------------------------


def listed(silent: Sequence[Deeds], enforced: Collection[Deeds] = ()) -> str:
    """The list for the guide: pairs, and which of them silence us although their deeds are put back."""
    lines = [f"`{pair[0]}` with `{pair[1]}`{IN_ENFORCE_TOO if pair in enforced else ''}" for pair in silent]
    return "".join(f"- {line}\n" for line in lines) or "None.\n"


def in_the_guide(*, enforced: bool = False) -> list[Deeds]:
    """The pairs that the guide lists; `enforced`: those that it says silence us in mode enforce, too."""
    text = GUIDE.read_text().partition(_BEGIN)[2].partition(_END)[0]
    found = re.findall(rf"^- `(\w+)` with `(\w+)`({IN_ENFORCE_TOO})?$", text, re.MULTILINE)
    return [(one, other) for one, other, too in found if too or not enforced]


def tried_by_the_guide() -> int:
    """How many pairs were tried when the guide's list was written."""
    found = re.search(r"^All ([\d,]+) pairs were last tried", GUIDE.read_text(), re.MULTILINE)
    return int(found[1].replace(",", "")) if found else 0


def write(silent: Sequence[Deeds], enforced: Collection[Deeds], *, number: int, on: date) -> None:
    """Put the list into the guide, and when it was made of how many pairs."""
    before, _, rest = GUIDE.read_text().partition(_BEGIN)
    said = f"All {number:,} pairs were last tried on {on.day} {on:%B %Y}.\n\n"
    GUIDE.write_text(f"{before}{_BEGIN}{said}{listed(silent, enforced)}{_END}{rest.partition(_END)[2]}")


def main() -> int:
    """Try all pairs."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--write", action="store_true", help="write them into docs/threat-model.md")
    parser.add_argument("--jobs", type=int, default=os.cpu_count() or 1)
    options = parser.parse_args()
    with quiet_world() as world:
        silent = silencing(world, pairs(), jobs=options.jobs)
    with quiet_world(enforce=True) as world:
        enforced = silencing(world, silent, jobs=options.jobs)
    sys.stdout.write(listed(silent, enforced))
    if options.write:  # the worlds are over: this is a day outside of them
        write(silent, enforced, number=len(pairs()), on=datetime.now(UTC).date())
    return 0


if __name__ == "__main__":
    sys.exit(main())
