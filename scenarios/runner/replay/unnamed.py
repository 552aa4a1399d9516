"""What records are about that may be ours, and that nobody named: so nothing is told of it.

A stack shows by the names of its parts, which end as the template has them. It is proposed and not taken: who
may make resources in an account may call them so, too.
"""

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass

from chalicelib.stack import logical_id
from scenarios.records.sift import Counts, Hit
from scenarios.records.who import account_of
from scenarios.runner.replay.ours import Ours
from scenarios.runner.replay.parts import likely_names
from scenarios.runner.replay.watched import PERHAPS, Watched

MOST_PROPOSED = 3
MOST_COUNTED = 1_000  # stacks
_WITHOUT_REGION = ("iam.amazonaws.com",)


@dataclass(frozen=True, slots=True)
class _Stack:
    """A stack that a record seems to be about a part of; `region` is "" where the record can't tell."""

    name: str
    account: str
    region: str


_OF_ANYBODYS = logical_id("key_deletion_scheduled")  # its rules ask for any key's new policy


class Unnamed:
    """Counts records about what was not named."""

    def __init__(self, ours: Ours, watched: Watched) -> None:
        self._ours = ours
        self._name_in = likely_names(watched.types)
        self._stacks = Counter[_Stack]()
        self._by_id = Counter[str]()

    def consider(self, hit: Hit) -> None:
        """Count a record that rules ask for, or would ask for."""
        if not hit.rules or hit.event is None or hit.duplicate:
            return
        record = hit.found.record
        account, region = account_of(hit.found), str(record.get("awsRegion") or "")
        source = str(record.get("eventSource"))
        name = self._name_in(record)
        if name:
            stack = _Stack(name, account, "" if source in _WITHOUT_REGION else region)
            if not self._is_named(stack) and len(self._stacks) < MOST_COUNTED:
                self._stacks[stack] += 1
        elif self._perhaps(hit) and self._ours.has(account, region, source):
            self._by_id[source.removesuffix(".amazonaws.com")] += 1

    @staticmethod
    def _perhaps(hit: Hit) -> bool:
        """Whether it would be told of the stack if its parts were named, and is not."""
        heard = [each for each in hit.rules if not each.startswith(PERHAPS)]
        return len(heard) < len(hit.rules) and all(each.startswith(_OF_ANYBODYS) for each in heard)

    def _is_named(self, stack: _Stack) -> bool:
        ours = self._ours
        return stack.name == ours.stack and ours.has(stack.account, stack.region or ours.region, "")

    def sentences(self, counts: Counts) -> list[str]:
        """What there is to say, once everything was read."""
        return [
            *_of_unlike(counts.unlike),
            *self._of_the_account(counts),
            *self._of_stacks(),
            *self._of_ids(),
            *self._of_the_trail(),
        ]

    def _of_the_account(self, counts: Counts) -> Iterator[str]:
        known = sorted(each for each in counts.accounts if isinstance(each, str) and each)
        named = self._ours.account_id
        if named and known and named not in known:
            more = f" and {len(known) - MOST_PROPOSED} more" if len(known) > MOST_PROPOSED else ""
            others = ", ".join(known[:MOST_PROPOSED])
            yield f"None of the records is of account {named}, which you named; they are of {others}{more}"

    def _of_stacks(self) -> Iterator[str]:
        found = self._merged()
        if found:
            arns = [self._arn(stack) for stack, _ in found.most_common(MOST_PROPOSED)]
            about = _about(found.total())
            more = f" (and {len(found) - MOST_PROPOSED} others)" if len(found) > MOST_PROPOSED else ""
            other = "another stack like yours" if self._ours.stack else "a stack like this one"
            yield f"{about} parts of {other}; if it is yours, name it: --stack-name {' or '.join(arns)}{more}"

    def _of_ids(self) -> Iterator[str]:
        if self._by_id:
            kinds = ", ".join(f"{name} {count}" for name, count in self._by_id.most_common())
            yield (
                f"{_about(self._by_id.total())} keys or other ids that may be your stack's ({kinds}); name "
                "its parts by --stack-resources, with what `aws cloudformation list-stack-resources "
                f"--stack-name {self._ours.stack}` prints"
            )

    def _of_the_trail(self) -> Iterator[str]:
        ours = self._ours
        missing = [
            option for option, value in (("--bucket", ours.bucket), ("--group", ours.group)) if not value
        ]
        if ours.trail_arn and missing:
            what = {"--bucket": "bucket", "--group": "log group"}
            names = " and ".join(what[option] for option in missing)
            yield f"What was done to the trail's {names} is not told; name it by {' and '.join(missing)}"

    def _merged(self) -> Counter[_Stack]:
        """Records without a region count for the stack of that name that has one."""
        found = Counter({stack: count for stack, count in self._stacks.items() if stack.region})
        for stack, count in self._stacks.items():
            if not stack.region:
                same = [each for each in found if (each.name, each.account) == (stack.name, stack.account)]
                found[same[0] if same else stack] += count
        return found

    def _arn(self, stack: _Stack) -> str:
        place = f"{stack.region or 'REGION'}:{stack.account or 'ACCOUNT'}"
        return f"arn:{self._ours.partition}:cloudformation:{place}:stack/{stack.name}"


def _of_unlike(count: int) -> Iterator[str]:
    if count:
        have = "1 record has" if count == 1 else f"{count} records have"
        yield f"{have} the eventID of another one and says something else: one of the two was changed"


def _about(count: int) -> str:
    return "1 of the records is about" if count == 1 else f"{count} of the records are about"
