"""`trailwarden replay`: what the deployed stack would do about existing CloudTrail records."""

import json
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import click

from chalicelib.wording import number_of, safe
from scenarios.commands.common_options import formatted, parameters_of_the_stack
from scenarios.commands.record_options import INTERRUPTED, Pace, left_by_interrupt, range_of, ranged
from scenarios.records.record import NotARecord
from scenarios.records.sift import Counts
from scenarios.records.sources import Range
from scenarios.runner.show.progress import Progress, progress

if TYPE_CHECKING:
    from scenarios.runner.replay.page import Page
    from scenarios.runner.replay.parts import Parts
    from scenarios.runner.replay.replay import Replay, Replayed
    from scenarios.runner.replay.tally import Tally, Told

_WIDEST_PLACE = 40
_LINES_AT_ONCE = 1_000
_WIDEST_NAME = 14
_LONGEST_TITLE = 200
_LONGEST_DETAILS = 300
_LONGEST_UNSAID = 1_000


@click.command()
@click.argument("files", metavar="FILE...", nargs=-1, required=True)
@formatted
@click.option("--existing-trail-arn", "--trail", "trail", default="", metavar="ARN", help="Your trail.")
@click.option("--existing-trail-bucket", "--bucket", "bucket", default="", help="The trail's bucket.")
@click.option("--existing-trail-group", "--group", "group", default="", help="The trail's log group.")
@click.option(
    "--stack-name",
    "stack",
    default="",
    metavar="NAME|ARN",
    help="The deployed stack: arn:aws:cloudformation:REGION:ACCOUNT:stack/NAME.",
)
@click.option(
    "--stack-resources",
    "resources",
    default="",
    metavar="FILE",
    help="The stack's resources, as `aws cloudformation list-stack-resources --stack-name NAME` prints them.",
)
@click.option("--account", default="", help="The stack's account; the trail's, if not given.")
@click.option("--region", default="", help="The stack's region; the trail's, if not given.")
@parameters_of_the_stack
@ranged
@click.option("--summary", is_flag=True, help="Add the alerts by actor and by day, at the end.")
@click.option(
    "--out",
    type=click.Path(dir_okay=False, path_type=Path),
    help="Write a page of HTML, too, that can be handed on.",
)
def command(
    files: Sequence[str],
    *,
    form: str,
    trail: str,
    bucket: str,
    group: str,
    stack: str,
    resources: str,
    account: str,
    region: str,
    parameters: Mapping[str, str],
    since: str,
    until: str,
    summary: bool,
    out: Path | None,
) -> int:
    """Put real CloudTrail records through the deployed rules, filters and handlers, on the simulated AWS.

    A FILE is anything with records in it: log files, folders of them, s3://BUCKET/PREFIX/, JSON lines, what
    AWS commands print, payloads of queues, streams and subscriptions, exports, archives; '-' is standard
    input. Nothing is changed in any account: it shows which alerts would be sent and which calls made. Name
    your trail to see what was done to it, too. Exits with 2 if something in the files was no record, after
    all others were tried.
    """
    from scenarios.runner.replay.tally import Tally  # noqa: PLC0415 - --help should not wait for the stack

    within = range_of(since, until)
    with progress() as line:
        line.say("reading the stack")
        replay = _begun(
            {
                "trail_arn": trail,
                "bucket": bucket,
                "group": group,
                "account": account,
                "region": region,
            },
            stack=stack,
            resources=resources,
            parameters=parameters,
            within=within,
            named=form == "json",
        )
        teller = _Teller(form, Tally(), _page(out), line)
        interrupted = _read(replay, files, line)
        interrupted |= _told(teller, replay)
    counts = _counts(teller.tally, replay.counts)
    if form == "text":
        teller.end(counts, summary=summary)
    elif summary:
        click.echo(json.dumps({"summary": teller.tally.as_json()}))
    unsaid = [*_of_trails(teller.tally, named=replay.has_a_trail), *replay.unsaid()]
    for sentence in unsaid:
        shown = safe(sentence, _LONGEST_UNSAID)
        click.echo(shown if form == "text" else f"trailwarden: {shown}", err=form != "text")
    if out is not None and teller.page is not None:
        _write(out, teller.page.html(files, counts, unsaid, teller.tally))
    if interrupted:
        click.echo("trailwarden: interrupted: that is what was read until then", err=True)
        return INTERRUPTED
    return 2 if replay.counts.unread or teller.tally.failed else 0


def _begun(
    given: Mapping[str, str],
    *,
    stack: str,
    resources: str,
    parameters: Mapping[str, str],
    within: Range,
    named: bool,
) -> "Replay":
    # Imported here: --help and completion should not wait for moto.
    from scenarios.cloud.kernel.errors import InvalidTemplate  # noqa: PLC0415 - see above
    from scenarios.runner.replay.ours import NoTrail, Ours  # noqa: PLC0415 - see above
    from scenarios.runner.replay.replay import Replay  # noqa: PLC0415 - see above

    try:
        ours: Ours = Ours.named(stack=stack, parts=_parts(resources), parameters=parameters, **given)
        return Replay(ours, within=within, named=named)
    except (NoTrail, InvalidTemplate) as error:
        raise click.UsageError(str(error)) from error


def _parts(file: str) -> "Parts":
    """The parts of a stack that a file tells; none where there is no file."""
    from scenarios.runner.replay.files import Unreadable, text_of  # noqa: PLC0415 - likewise
    from scenarios.runner.replay.parts import NoParts, Parts, parts_in  # noqa: PLC0415 - likewise

    try:
        return parts_in(text_of(file)) if file else Parts()
    except Unreadable as error:
        raise click.UsageError(str(error)) from error
    except NoParts as error:
        raise click.UsageError(f"{safe(file)} {error}") from error


def _told(teller: "_Teller", replay: "Replay") -> bool:
    """Tell every record; True if somebody pressed Ctrl-C."""
    from scenarios.cloud.kernel.errors import InvalidTemplate  # noqa: PLC0415 - likewise

    try:
        return teller.tell_all(replay)
    except InvalidTemplate as error:  # a parameter that CloudFormation takes, and a service refuses
        raise click.UsageError(f"the stack can't be made: {error}") from error


def _page(out: Path | None) -> "Page | None":
    from scenarios.runner.replay.page import Page  # noqa: PLC0415 - likewise

    if out is None:
        return None
    _write(out, "")  # that it can't be written is said before the work
    return Page()


def _write(out: Path, text: str) -> None:
    try:
        out.write_text(text, "utf-8")
    except OSError as error:
        raise click.UsageError(f"{out}: {(error.strerror or str(error)).lower()}") from error


def _read(replay: "Replay", files: Sequence[str], line: Progress) -> bool:
    """Read all files; True if somebody pressed Ctrl-C."""
    pace = Pace(files, line)
    with left_by_interrupt() as left:
        for complaint in replay.read(files, pace.read):
            _complain(line, complaint)
    return bool(left)


def _complain(line: Progress, complaint: NotARecord) -> None:
    line.gone()
    click.echo(f"trailwarden: {complaint}", err=True)


class _Teller:
    """Prints what became of each record, and counts it."""

    def __init__(self, form: str, tally: "Tally", page: "Page | None", line: Progress) -> None:
        self.tally, self.page = tally, page
        self._form, self._line = form, line
        self._any = False
        self._waiting: list[bytes] = []

    def tell_all(self, replay: "Replay") -> bool:
        """Tell every record; True if somebody pressed Ctrl-C."""
        pace = Pace((), self._line)
        with left_by_interrupt() as left:
            for each in replay.results(lambda done: pace.handled(done, replay.hits)):
                if isinstance(each, bytes):
                    self._later(each)
                else:
                    self._now()
                    self._tell(each)
        self._now()
        return bool(left)

    def _later(self, line: bytes) -> None:
        """Print a line soon, many at once."""
        self._waiting.append(line)
        if len(self._waiting) >= _LINES_AT_ONCE:
            self._now()

    def _now(self) -> None:
        if self._waiting:
            click.echo(b"".join(self._waiting), nl=False)
            self._waiting.clear()

    def _tell(self, each: "Replayed") -> None:
        told = self.tally.add(each)
        if self.page is not None:
            self.page.add(told)
        if told or each.handled.failed or self._form == "json":
            self._line.gone()
        for name, why in each.handled.failed.items():
            click.echo(f"trailwarden: {each.found.where}: {name} could not handle it: {safe(why)}", err=True)
        if self._form == "json":
            click.echo(json.dumps(each.as_json()))
            return
        for one in told:
            _print(one)
            self._any = True

    def end(self, counts: str, *, summary: bool) -> None:
        """The counts, and who told what if that is asked for."""
        if self._any:
            click.echo()
        if summary:
            _summarise(self.tally)
        if counts:
            click.echo(counts)


def _of_trails(tally: "Tally", *, named: bool) -> Iterator[str]:
    """Which trails records were about of which nothing was told; `named`: whether ours is known."""
    if tally.trails:
        (name, _), count = tally.trails.most_common(1)[0], tally.trails.total()
        about = "1 of the records is" if count == 1 else f"{count} of the records are"
        if named:
            yield f"{about} about other trails than yours, such as {name}"
        else:
            yield f"{about} about a trail; name yours, such as --trail {name}"


def _print(told: "Told") -> None:
    place = str(told.replayed.found.where)
    severity = f"{told.severity}: " if told.severity else ""
    words = safe(f"{severity}{told.words}", _LONGEST_TITLE)
    details = safe(told.details, _LONGEST_DETAILS)
    click.echo(f"{place:<{_WIDEST_PLACE // 2}}  {told.by:<{_WIDEST_NAME}}  {words}  ({details})")
    for call in told.would_do:
        click.echo(f"{'':<{_WIDEST_PLACE // 2}}  {'':<{_WIDEST_NAME}}  would do: {safe(call)}")


def _summarise(tally: "Tally") -> None:
    for heading, rows in (
        ("By actor", [(tally.worst.get(actor, ""), actor, counts) for actor, counts in tally.actors()]),
        ("By day", [("", day, tally.by_day[day]) for day in sorted(tally.by_day)]),
    ):
        if not rows:
            continue
        click.echo(f"{heading}:")
        for worst, name, counts in rows:
            told = ", ".join(f"{by} {count}" for by, count in counts.most_common())
            click.echo(f"  {f'{worst}  ' if worst else ''}{safe(name)}: {told}")
        click.echo()


def _counts(tally: "Tally", counts: Counts) -> str:
    """How many records there were, and what became of them; nothing where there was none at all."""
    beside = {name: count for name, count in counts.beside.items() if count}
    if not (counts.records or beside):
        return ""
    told = sum(tally.fired.values())
    parts = [f"{count} fired {name}" for name, count in tally.fired.items()]
    rest = {
        "fired nothing": _silent(tally, counts),
        "duplicate": counts.duplicates,
        "of a kind that EventBridge does not carry": tally.not_carried + counts.not_carried,
        "could not be handled": tally.failed,
        "no record": counts.unread,
    }
    parts += [
        f"{count} {words}"
        for words, count in rest.items()
        if count or (words == "fired nothing" and not told)
    ]
    alarms = ", ".join(
        f"{label} ({count} times)" if count > 1 else label for label, count in tally.alarms.items()
    )
    sentence = f"{number_of(counts.records, 'record')}: {', '.join(parts)}."
    sentence += f" Alarms that would go off: {alarms}." if alarms else ""
    aside = [number_of(count, name) for name, count in beside.items()]
    aside += [f"{counts.insights} of the records {'is' if counts.insights == 1 else 'are'} Insights"] * bool(
        counts.insights
    )
    return sentence + (f" Beside them: {', '.join(aside)}." if aside else "")


def _silent(tally: "Tally", counts: Counts) -> int:
    handled = tally.handled
    return counts.records - handled - counts.duplicates - counts.not_carried
