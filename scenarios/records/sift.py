"""Many records, of which few are asked for: those come whole, all others are only counted.

A record that no pattern asks for costs the decoding of a few fields. Its eventID is remembered as long as
there is room, so that one that comes twice is a duplicate; those that are asked for are remembered always.
"""

import json
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from chalicelib.matching import LogPattern
from chalicelib.matching.events.fields import ABSENT, Reader
from scenarios.files import NotRead, why_not
from scenarios.records.blocks import Block, Part, blocks
from scenarios.records.events import SIGN_IN, carried_as, event_of, line_of
from scenarios.records.reader import Complaints, of_bytes, of_part, places
from scenarios.records.record import INSIGHT, Beside, Found, FoundRecord, NotARecord, Place, is_name
from scenarios.records.sieve import ASK, NO_AND_NOT_CARRIED, Sieve, identity_reader
from scenarios.records.sources import EVER, File, Range, Unreadable, files, read_texts
from scenarios.records.who import Who, account_of, actor_of, who_of

MOST_ACCOUNTS = 1_000  # that are remembered
MOST_REMEMBERED = 200_000  # eventIDs of records that nobody asks for

_NONE: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True, kw_only=True)
class Hit:
    """A record that rules or filters ask for, whose names these are.

    `duplicate`: it came before. `unlike`: how many records came before that have its eventID and say
    something else; somebody may have put one in, so that this one seems to be a duplicate. `event`: as
    EventBridge carries it; None where it doesn't.
    """

    found: FoundRecord
    event: Mapping[str, Any] | None
    rules: frozenset[str]
    filters: frozenset[str]
    duplicate: bool = False
    unlike: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Missed:
    """A record that nobody asks for."""

    where: Place
    event_id: str
    name: str
    duplicate: bool
    carried: bool
    who: Who


@dataclass(slots=True)
class Counts:
    """What was read so far. `beside`: what lies beside records, such as digests.

    `accounts`: some of those that records are of, as they have them. `unlike`: records that are asked for and
    have the eventID of another one that says something else.
    """

    files: int = 0
    bytes: int = 0
    records: int = 0
    duplicates: int = 0
    not_carried: int = 0
    unlike: int = 0
    insights: int = 0
    unread: int = 0
    beside: dict[str, int] = field(default_factory=dict)
    accounts: set[object] = field(default_factory=set)


Progress = Callable[[File, Counts], object]


class Sift:
    """One reading of many records.

    Args:
        sieve: The patterns.
        filters: The filter patterns among them, which are asked about the whole record.
        within: Records of another time are left out.
        named: Whether records that nobody asks for come too, as `Missed`. That takes longer; the sieve reads
            `NAMED` then.
        progress: Called now and then.
    """

    def __init__(
        self,
        sieve: Sieve,
        filters: Mapping[str, LogPattern],
        *,
        within: Range = EVER,
        named: bool = False,
        progress: Progress = lambda *_: None,
    ) -> None:
        self.counts = Counts()
        self._sieve, self._filters = sieve, filters
        self._within, self._named, self._progress = within, named, progress
        self._seen: set[str] = set()
        self._hit: dict[str, set[int]] = {}

    def through(self, names: Sequence[str]) -> Iterator[Hit | Missed | NotARecord]:
        """What is asked for, and what is no record, in their order."""
        for file in files(names, self._within):
            if isinstance(file, Unreadable):
                yield self._not_read(file.name, file.why)
                continue
            self.counts.files += 1
            yield from self._of_file(file)

    def _came(self, count: int) -> None:
        self.counts.bytes += count

    def _not_read(self, name: str, why: str) -> NotARecord:
        self.counts.unread += 1
        return NotARecord(where=Place(name), why=why)

    def _of_file(self, file: File) -> Iterator[Hit | Missed | NotARecord]:
        shown = file.shown
        try:
            for text in read_texts(file, self._came):
                shown = text.name
                complaints = Complaints(shown)
                for part in blocks(text.pieces, self._sieve.decoder):
                    self._progress(file, self.counts)
                    yield from self._of_part(part, shown, complaints)
                    if complaints.hopeless:
                        break
                yield from self._told(complaints.at_the_end())
        except NotRead as error:
            yield self._not_read(shown, why_not(error))
        except OSError as error:
            yield self._not_read(file.shown, why_not(error))

    def _told(self, complaints: Iterable[NotARecord]) -> Iterator[NotARecord]:
        for each in complaints:
            self.counts.unread += 1
            yield each

    def _of_part(self, part: Part, shown: str, complaints: Complaints) -> Iterator[Hit | Missed | NotARecord]:
        quick = isinstance(part, Block) and part.few is not None
        for each in self._of_few(part, shown) if quick else of_part(part, shown):  # type: ignore[arg-type]
            if isinstance(each, NotARecord):
                yield from self._told(complaints.add(each))
                if complaints.hopeless:
                    return
                continue
            yield from self._told(complaints.a_record_came())
            if isinstance(each, Beside):
                self.counts.beside[each.kind] = self.counts.beside.get(each.kind, 0) + 1
            elif isinstance(each, Missed):
                yield each
            elif each is not _OTHERS and self._within.has_time(each.record.get("eventTime")):
                judged = self._judged(each)
                if isinstance(judged, Hit) or self._named:
                    yield judged

    # ---- a whole record -----------------------------------------------------------------------------

    def _judged(self, found: FoundRecord) -> Hit | Missed:
        """Who asks for it, and whether it came before."""
        self.counts.records += 1
        self.counts.insights += found.record.get("eventType") == INSIGHT
        self._accounts((account_of(found),))
        event = event_of(found, "")
        rules, maybe = self._sieve.matching(event or {"detail": found.record})
        filters = _NONE
        if maybe and found.record:
            line = line_of(found)
            filters = frozenset(name for name in maybe if self._filters[name].matches(line))
        if event is None:
            rules = _NONE
        if rules or filters:
            came = self._hit.setdefault(found.event_id, set())
            unlike = len(came) + (found.event_id in self._seen)
            what = hash(_what(found))
            duplicate = what in came
            came.add(what)
            self.counts.duplicates += duplicate
            self.counts.unlike += bool(unlike) and not duplicate
            return Hit(
                found=found, event=event, rules=rules, filters=filters, duplicate=duplicate, unlike=unlike
            )
        duplicate = self._came_before(found.event_id)
        self.counts.not_carried += event is None and not duplicate
        return Missed(
            where=found.where,
            event_id=found.event_id,
            name=found.name,
            duplicate=duplicate,
            carried=event is not None,
            who=who_of(found),
        )

    def _accounts(self, some: Iterable[object]) -> None:
        if len(self.counts.accounts) < MOST_ACCOUNTS:
            self.counts.accounts.update(some)

    def _came_before(self, event_id: str) -> bool:
        """Whether a record with this eventID came before one that nobody asks for."""
        if event_id in self._hit or event_id in self._seen:
            self.counts.duplicates += 1
            return True
        if len(self._seen) < MOST_REMEMBERED:
            self._seen.add(event_id)
        return False

    # ---- few fields of many -------------------------------------------------------------------------

    def _of_few(self, block: Block, shown: str) -> Iterator[Found | Missed]:
        """Count the records of a block; those that are asked for, or are no plain records, come whole."""
        assert block.few is not None
        account = self._sieve.read["recipientAccountId"]
        self._accounts(each for each in map(account, block.few) if each.__class__ is str)
        if self._named:
            yield from self._each_of_few(block, block.few, shown)
            return
        wanted = self._wanted(block, block.few)
        if len(wanted) < len(block.few):
            yield _OTHERS
        if wanted:
            standing = list(places(block, shown))
            for index in wanted:
                where, data = standing[index]
                yield from of_bytes(data, where)

    def _wanted(self, block: Block, few: Sequence[Any], *, counted: bool = True) -> list[int]:
        """Which of them some pattern may ask for, or are no plain records; counts the others, if told so."""
        asks, key, verdicts = self._sieve.asks, self._sieve.key, self._sieve.verdicts
        event_id, time = self._sieve.read["eventID"], self._sieve.read["eventTime"]
        within = None if self._within.is_open else self._within
        seen, hit, add = self._seen, self._hit, self._seen.add
        remembers = counted and len(seen) < MOST_REMEMBERED
        wanted: list[int] = []
        parts: list[bytes] | None = None
        outside = duplicates = not_carried = 0
        for index, root in enumerate(few):
            try:
                verdict = verdicts[key(root)]
            except (AttributeError, TypeError):  # a scalar or a list in the place of an object or a text
                verdict = ASK
            if verdict == ASK:
                parts = block.parts() or [] if parts is None else parts
                if asks(parts[index]) != _NONE or not self._is_plain(root):
                    wanted.append(index)
                    continue
            not_carried += verdict == NO_AND_NOT_CARRIED
            if within is not None and not within.has_time(time(root)):
                outside += 1
            elif remembers:
                identity = event_id(root)
                if identity.__class__ is str:
                    duplicates += identity in seen or identity in hit
                    add(identity)
        if counted:
            self.counts.records += len(few) - len(wanted) - outside
            self.counts.duplicates += duplicates
            self.counts.not_carried += not_carried
        return wanted

    def _is_plain(self, root: Any) -> bool:
        """Whether it is a record by its two names, and one that EventBridge carries."""
        read = self._sieve.read
        source, name, event_type = read["eventSource"](root), read["eventName"](root), read["eventType"](root)
        if not (is_name(source) and is_name(name)) or str(source).startswith("aws:"):
            return False
        return carried_as(None if event_type is ABSENT else event_type, source) is not None

    def _each_of_few(self, block: Block, few: Sequence[Any], shown: str) -> Iterator[Found | Missed]:
        """The same, where those that nobody asks for come too, in their order."""
        wanted = set(self._wanted(block, few, counted=False))
        event_id, name = self._sieve.read["eventID"], self._sieve.read["eventName"]
        event_type, time = self._sieve.read["eventType"], self._sieve.read["eventTime"]
        who = _who_reader(self._sieve.read)
        standing: list[tuple[Place, bytes]] = []
        for index, root in enumerate(few):
            identity = event_id(root)
            if index in wanted or not is_name(identity):
                standing = standing or list(places(block, shown))
                yield from of_bytes(standing[index][1], standing[index][0])
            elif self._within.has_time(time(root)):
                number = block.first + index
                where = Place(shown, number) if block.lines else Place(shown, block.line, number)
                yield self._missed(where, identity, name(root), event_type(root), who(root))

    def _missed(self, where: Place, event_id: Any, name: Any, event_type: Any, who: Who) -> Missed:
        carried = carried_as(None if event_type is ABSENT else event_type, SIGN_IN) is not None
        duplicate = self._came_before(event_id)
        self.counts.records += 1
        self.counts.not_carried += not carried and not duplicate
        return Missed(
            where=where,
            event_id=event_id,
            name=name,
            duplicate=duplicate,
            carried=carried,
            who=who,
        )


def _what(found: FoundRecord) -> str:
    """What a record says was done, however it reached us."""
    record = found.record
    named = (record.get(name) for name in ("eventSource", "eventName", "eventTime", "requestParameters"))
    return json.dumps([*named], sort_keys=True) if record else json.dumps(found.envelope, sort_keys=True)


def _who_reader(read: Mapping[str, Reader]) -> Callable[[Any], Who]:
    identity = identity_reader(read)
    time, address, region = read["eventTime"], read["sourceIPAddress"], read["awsRegion"]
    recipient = read["recipientAccountId"]

    def who(root: Any) -> Who:
        record = {"userIdentity": identity(root), "recipientAccountId": _there(recipient(root))}
        return Who(
            time=_there(time(root)) or None,
            actor=actor_of(record),
            address=_there(address(root)),
            account=account_of(FoundRecord(where=_NOWHERE, record=record)),
            region=_there(region(root)) or None,
        )

    return who


def _there(value: Any) -> Any:
    return None if value is ABSENT else value


_NOWHERE = Place("")
_OTHERS = FoundRecord(where=_NOWHERE)  # stands for records that were counted and are of no more interest
