"""Run recorded cases, a JSON object a line, and say of each whether the project answers as expected.

    python tests/cases.py FILE.jsonl

Prints `ID right`, `ID wrong: got ...` or `ID can't: why` for each row, and the sums. Exit 1 where a row is
wrong, or can't be run although it is not described in words; exit 2 for a file that can't be read.
"""

import json
import signal
import sys
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, TextIO

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from scenarios.cloud.kernel.errors import InvalidTemplate, NotSimulated
from tests.case_forms import (
    athena,
    configuration,
    controls,
    dashboards,
    decisions,
    engines,
    insights,
    insights_api,
    logins,
    messages,
    metric_streams,
    records,
    service_logs,
    sessions,
    stacks,
    trails,
)
from tests.case_forms.judging import Cannot, Verdict

CANNOT = "can't"
LONGEST_SECONDS = 10  # of the processor's time, which a busy machine doesn't change
LONGEST_WAIT = 90  # seconds of anybody's clock

# The first that takes a row runs it.
FORMS = (
    *(engines, decisions, sessions, records, logins, controls, trails, messages, stacks, configuration),
    *(insights, insights_api, athena, dashboards, service_logs, metric_streams),
)


def judged(row: dict[str, Any]) -> Verdict:
    """What becomes of one row; raises Cannot where no form of ours takes it."""
    form = next((form for form in FORMS if form.takes(row)), None)
    if form is None:
        raise Cannot("described in words" if row.get("words") else "no form takes it")
    verdict: Verdict = form.judge(row)
    return verdict


class _NoAnswer(BaseException):
    """A row took longer than any may."""


@contextmanager
def _within(seconds: int) -> Iterator[None]:
    def give_up(*_: object) -> None:
        raise _NoAnswer

    limits = {
        signal.SIGPROF: (signal.ITIMER_PROF, seconds),
        signal.SIGALRM: (signal.ITIMER_REAL, LONGEST_WAIT),
    }
    before = {each: signal.signal(each, give_up) for each in limits}
    for timer, longest in limits.values():
        signal.setitimer(timer, longest)
    try:
        yield
    finally:
        for each, (timer, _) in limits.items():
            signal.setitimer(timer, 0)
            signal.signal(each, before[each])


def line(row: dict[str, Any]) -> tuple[str, str]:
    """The row's word (right, wrong, can't) and the rest of its line."""
    try:
        with _within(LONGEST_SECONDS):
            verdict = judged(row)
    except _NoAnswer:
        return "wrong", f": got no answer within {LONGEST_SECONDS} s"
    except Cannot as cannot:
        return CANNOT, f": {cannot}"
    except NotSimulated as hole:
        return "wrong", f": got NotSimulated, {hole}"
    except InvalidTemplate as refused:
        return "wrong", f": got a refused stack, {refused}"
    except Exception as error:  # noqa: BLE001 - a crash is this row's answer, and the others go on
        return "wrong", f": got {type(error).__name__}, {error}"
    return ("right", "") if verdict.right else ("wrong", f": got {verdict.got}")


def _say(text: str, where: TextIO | None = None) -> None:
    where = where or sys.stdout
    where.write(f"{text}\n")
    where.flush()


def main(arguments: list[str]) -> int:
    """Run the rows of the one file named."""
    if len(arguments) != 1:
        _say("usage: python tests/cases.py FILE.jsonl", sys.stderr)
        return 2
    try:
        rows = [
            json.loads(text) for text in Path(arguments[0]).read_text("utf-8").splitlines() if text.strip()
        ]
    except (OSError, ValueError) as error:
        _say(f"could not read {arguments[0]}: {error}", sys.stderr)
        return 2
    counts: Counter[str] = Counter()
    missing = 0
    for row in rows:
        word, rest = line(row)
        counts[word] += 1
        missing += word == "wrong" or (word == CANNOT and not row.get("words"))
        _say(f"{row['id']} {word}{' '.join(rest.split()) if rest else ''}"[:400])
    _say(f"{counts['right']} right, {counts['wrong']} wrong, {counts[CANNOT]} can't")
    return 1 if missing else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
