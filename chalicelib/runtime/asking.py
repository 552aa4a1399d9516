"""How an alert ends: the questions that fit it, each as a command and as a text of Logs Insights.

Who did it may have chosen the names in a record. So a value stands in a question only where each of its
characters is harmless inside quotes of both languages and of a shell; of any other the alert says that it was
left out. Nothing is escaped here.

Sources: https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_iam-quotas.html (IAM's own names have
such characters only, but for paths),
https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/CWL_QuerySyntax.html
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from chalicelib.evidence.call import NOT_RECORDED
from chalicelib.ledger.entries import LedgerEntry
from chalicelib.questions import Question, questions
from chalicelib.remediation import Alert, Asked
from chalicelib.wording import LONGEST_FACT, command_line, last_name

MOST_ASKED = 6
ANYBODY = (Asked("what-was-refused"), Asked("who-signed-in"))
"""What fits where nobody is named."""
_ABOUT_WHO = ("what-did-principal-do", "from-which-addresses")
_HARMLESS = re.compile(r"[A-Za-z0-9+=,.@:/_-]{1,400}")
_A_ROLE = re.compile(r"arn:[^:]+:iam::[0-9]*:role/")
_TIME = "%Y-%m-%dT%H:%M:%SZ"
_LEFT_OUT = "(left out: it is about a name with characters that could change a command or a query)"


@dataclass(frozen=True, slots=True, kw_only=True)
class Asking:
    """What is asked: the trail's log group, "" where it has none, and the region that it is in."""

    group: str
    region: str

    def ending(self, asks: Sequence[Asked], at: datetime) -> str:
        """The lines that an alert ends with: questions about what was done at that time."""
        return "\n".join([_OF_THE_GROUP if self.group else _OF_FILES, *self._ending(asks, at)])

    def _ending(self, asks: Sequence[Asked], at: datetime) -> Iterator[str]:
        known = questions()
        for asked in asks:
            question = known.get(asked.name)
            if question is None:  # a package without its text files: the alert comes all the same
                yield f"  {asked.name}: this package lacks its text"
                continue
            if question.needs and not _HARMLESS.fullmatch(asked.value):
                yield f"  {question.title}"
                yield f"    {_LEFT_OUT}"
            else:
                yield f"  {question.title}{f' ({last_name(asked.value)})' if question.needs else ''}"
                yield from self._ready(question, asked.value, at)

    def _ready(self, question: Question, value: str, at: datetime) -> Iterator[str]:
        values = dict.fromkeys(question.needs, value)
        since = (at - timedelta(hours=question.hours)).strftime(_TIME)
        words = ["trailwarden", "query", question.name]
        for name in values:
            words += ["--set", f"{name}={value}"]
        words += ["--since", since]
        if not self.group:
            yield f"    {command_line(*words)}"
            return
        words += ["--on-aws", "--log-group", self.group, "--region", self.region]
        yield f"    {command_line(*words)}"
        text = " ".join(question.filled(values).split())
        if len(text) <= LONGEST_FACT:  # half of a query would ask something else
            yield f"    {text}"


_OF_THE_GROUP = (
    "To ask next; the line below each command is the same for the console of Logs Insights, over the same "
    "log group and time:"
)
_OF_FILES = "To ask next, of the trail's log files (put a folder or an s3:// prefix of them behind it):"


def asked_of(entry: LedgerEntry, alert: Alert, home: str) -> Sequence[Asked]:
    """The questions that fit an alert: its own, then those about who did it; each once.

    One about `user/ann` is left out where the same is asked about the ARN of ann, who did it.
    """
    who = entry.principal
    own = [
        asked
        for asked in alert.asks
        if asked.value != NOT_RECORDED
        and not (
            asked.name in _ABOUT_WHO and asked.value.startswith("user/") and who.endswith(f":{asked.value}")
        )
    ]
    return tuple(dict.fromkeys((*own, *_about(entry, own, home))))[:MOST_ASKED]


def _about(entry: LedgerEntry, own: Sequence[Asked], home: str) -> Iterator[Asked]:
    who = entry.principal
    if who:
        for name in _ABOUT_WHO:
            yield Asked(name, who)
        if _A_ROLE.match(who):
            yield Asked("who-assumed-role", who)
    elif not own:
        yield from ANYBODY
    if entry.region and home and entry.region != home:
        yield Asked("first-use")
