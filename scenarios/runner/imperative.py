"""The simulated AWS for a test that is written as steps, not as given / when / then.

    with open_world(parameters={"AlertEmail": "me@example.com"}) as world:
        world.client("ann", "dynamodb").delete_table(TableName="orders")
        world.run(minutes=5)
        assert "ann" in world.inbox[0].text

It is the same world that scenarios run in, by default on Trailwarden's own stack. pytest's fixture `world`
is this, with a marker's arguments.
"""

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from chalicelib.catalog import CATALOG
from chalicelib.ledger.entries import LedgerEntry
from chalicelib.ledger.ledger import Ledger
from scenarios.cloud.apigateway.messages import HttpAnswer
from scenarios.cloud.apigatewayv2.web_sockets import Connection, WebSockets
from scenarios.cloud.authorization.identity import ADMINISTRATOR
from scenarios.cloud.cloudformation.transform import translate
from scenarios.cloud.deployment import START, Deployment
from scenarios.cloud.functions.runtime_environment import PROJECT
from scenarios.cloud.kernel.caller import ApiCall, Caller, CallerKind
from scenarios.cloud.kernel.errors import InvalidTemplate
from scenarios.cloud.kernel.faults import PROFILES
from scenarios.cloud.kernel.stack import Resource
from scenarios.cloud.setting import Moment
from scenarios.cloud.sns.topics import Mail
from scenarios.cloud.world import World
from scenarios.runner.acts import note_acts
from scenarios.runner.packaged import packaged_template
from scenarios.runner.run import ON_CALL, timeline_of
from scenarios.runner.scenario import Action, Check

EMPTY = "empty"
MOST_ENTRIES = 100
SAM = "AWS::Serverless-2016-10-31"
TemplateSource = Mapping[str, Any] | Path | str | None


class CannotOpen(ValueError):
    """No world can be made of what was asked for; the message says in one sentence what is wrong with it."""


@dataclass(slots=True)
class _Calls:
    """Notes what people call as their actions, unless an action tells it in its own words."""

    world: World
    noted: bool = False

    def note(self, call: ApiCall) -> None:
        """Note one call of a user or of root."""
        if self.noted or call.caller.kind not in (CallerKind.IAM_USER, CallerKind.ROOT):
            return
        refused = f", and is refused: {call.error[0]}" if call.error else ""
        who = call.caller.name or "root"
        self.world.setting.note("action", f"{who} calls {call.service} {call.operation}{refused}")

    @contextmanager
    def in_words(self, words: str) -> Iterator[None]:
        """What is called inside is one action, in these words."""
        self.world.setting.note("action", words)
        self.noted = True
        try:
            yield
        finally:
            self.noted = False


@dataclass(frozen=True, slots=True)
class ImperativeWorld:
    """A simulated account to act in step by step. `simulated` is the engine's own world."""

    simulated: World = field(repr=False)
    _calls: _Calls = field(repr=False)

    # ---- who acts -------------------------------------------------------------------------------

    def user(
        self,
        name: str,
        *,
        policies: Sequence[Mapping[str, Any]] = (ADMINISTRATOR,),
        address: str = "198.51.100.20",
    ) -> Caller:
        """An IAM user, administrator unless `policies` (documents) say otherwise."""
        return self.simulated.user(name, policies=tuple(policies), source_ip=address)

    def root(self) -> Caller:
        """The account's root user."""
        return self.simulated.root()

    def client(self, caller: Caller | str, service: str, region: str = "") -> Any:
        """A real boto3 client that signs as `caller`; a name stands for the administrator of that name."""
        who = self.user(caller) if isinstance(caller, str) else caller
        return self.simulated.client(who, service, region)

    def fetch(
        self,
        who: Caller | str | None,
        method: str,
        url: str,
        *,
        body: Any = None,
        headers: Mapping[str, str] | None = None,
    ) -> HttpAnswer:
        """A request over HTTP to an API or a function's URL: `status`, `body`, `json`, `headers`, `cookies`.

        `who` signs it, a name stands for the administrator of that name, and None signs as nobody. `body`:
        bytes or text as they are, anything else as JSON. Raises WorldError where nothing answers.
        """
        caller = self.user(who) if isinstance(who, str) else who
        signed = f"{caller.name or 'root'} asks" if caller is not None else "somebody asks, unsigned,"
        with self._calls.in_words(f"{signed} {method} {url}"):
            return self.simulated.api.fetch(caller, method, url, body=body, headers=headers)

    def connect(
        self, who: Caller | str | None, url: str, *, headers: Mapping[str, str] | None = None
    ) -> "Client":
        """Connect to a WebSocket API at its URL, such as `world.url("Chat")`; see `fetch` for `who`."""
        caller = self.user(who) if isinstance(who, str) else who
        sockets = self.simulated.setting.laws[WebSockets]
        with self._calls.in_words(f"{caller.name or 'root' if caller else 'somebody'} connects to {url}"):
            return Client(sockets, sockets.connect(caller, url, headers), self._calls)

    def url(self, logical_id: str, stage: str = "") -> str:
        """Where an API or a function's URL of the stack answers, without a slash at its end.

        `stage`: of an API that has several; by default the last that the stack names. Raises LookupError.
        """
        self.physical_id(logical_id)
        resource = self._resources()[logical_id]
        if resource.type == "AWS::Lambda::Url":
            return str(resource.attributes["FunctionUrl"]).rstrip("/")
        found = self.simulated.api.url(resource.physical_id, stage)
        found = found or self.simulated.setting.laws[WebSockets].url(resource.physical_id, stage)
        if found is None:
            raise LookupError(f"{logical_id} is a {resource.type}; nobody can ask one over HTTP")
        return found

    # ---- what happens ---------------------------------------------------------------------------

    def run(self, *, hours: float = 0, minutes: float = 0, seconds: float = 0) -> None:
        """Let time pass, and everything that is due in it happen; a function running then ends first.

        Raises ValueError for less than nothing: time goes on only.
        """
        passed = timedelta(hours=hours, minutes=minutes, seconds=seconds)
        if passed < timedelta():
            raise ValueError(f"time can't go back, by {-passed}")
        self.simulated.run(passed.total_seconds())

    def do(self, action: Action) -> None:
        """Have an action of a scenario's words done, such as a sign-in, which no API call makes."""
        with self._calls.in_words(action.words):
            action.do(self.simulated)

    def expect(self, check: Check) -> None:
        """Hold a check of a scenario's words against the world. Raises AssertionError with what is wrong."""
        __tracebackhide__ = True  # pytest then shows the test's line
        wrong = check.judge(self.simulated)
        if wrong is not None:
            raise AssertionError(f"{check.words}: {wrong}")

    # ---- what there is to see -------------------------------------------------------------------

    @property
    def now(self) -> datetime:
        """The simulated moment, in UTC."""
        return self.simulated.clock.now

    @property
    def inbox(self) -> tuple[Mail, ...]:
        """The e-mails that topics sent, the oldest first: `subject`, `text`, `to`, `at`, `attributes`."""
        return tuple(self.simulated.topics.inbox)

    @property
    def timeline(self) -> tuple[Moment, ...]:
        """Everything that happened, mail too: `at`, `kind` and `words`.

        Names are the template's own, but a mail's subject is as it was sent.
        """
        return timeline_of(self.simulated)

    @property
    def ledger(self) -> tuple[LedgerEntry, ...]:
        """What the stack's ledger remembers of events, the oldest first: `remediation`, `outcome`, `plan`...

        Of each remediation the newest hundred. Raises LookupError where the stack has no table `Ledger`: a
        world with `template="empty"`, or with a template of your own.
        """
        if "Ledger" not in self._resources():
            raise LookupError(
                "this world has no ledger, because its template has no table Ledger; "
                "leave `template` out to get Trailwarden's own stack, which has one"
            )
        table = self.physical_id("Ledger")
        with self.simulated.calls.muted():
            ledger = Ledger(self.client("reader", "dynamodb"), table)
            entries = [entry for each in CATALOG for entry in ledger.newest(each.name, MOST_ENTRIES)]
        return tuple(sorted(entries, key=lambda entry: (entry.at, entry.id)))

    def physical_id(self, logical_id: str) -> str:
        """What `Ref` gives for a resource of the stack: a table's or bucket's name, a topic's ARN.

        Raises LookupError, naming what there is.
        """
        resources = self._resources()
        if logical_id not in resources:
            there = ", ".join(sorted(resources)) or "none at all"
            raise LookupError(f"the stack has no resource {logical_id}; there are {there}")
        return resources[logical_id].physical_id

    def _resources(self) -> Mapping[str, Resource]:
        return self.simulated.home.resources if self.simulated.stacks else {}


@dataclass(frozen=True, slots=True)
class Client:
    """A client of a WebSocket API.

    `status`: 101 where it is connected; `received`: the messages that it got; `code`: why it was closed.
    """

    _sockets: WebSockets = field(repr=False)
    _connection: Connection
    _calls: _Calls = field(repr=False)

    def send(self, body: Any) -> None:
        """Send a message: text as it is, anything else as JSON. Raises WorldError once it is closed."""
        text = body if isinstance(body, str) else json.dumps(body)
        with self._calls.in_words(f"a client sends {text}"):
            self._sockets.send(self._connection, text)

    def close(self) -> None:
        """Go."""
        with self._calls.in_words("a client closes its connection"):
            self._sockets.close(self._connection)

    @property
    def id(self) -> str:
        """The connection's id."""
        return self._connection.id

    @property
    def status(self) -> int:
        """What it was answered when it connected."""
        return self._connection.status

    @property
    def received(self) -> list[str]:
        """The messages that it got, the oldest first."""
        return self._connection.received

    @property
    def code(self) -> int:
        """Why the connection was closed; 0 while it is open."""
        return self._connection.code


@contextmanager
def open_world(
    *,
    template: TemplateSource = None,
    parameters: Mapping[str, str | float | bool] | None = None,
    start: datetime | str | None = None,
    seed: int = 1,
    faults: str = "none",
    regions: Sequence[str] | str = ("us-east-1",),
    code: Path | str | None = None,
) -> Iterator[ImperativeWorld]:
    """A world, entered; time stands still in it until `run`.

    `template`: a CloudFormation or SAM template as a mapping, as a path, or as JSON or YAML text; "empty" for
    an account without a stack; None for Trailwarden's own stack as it is packaged, whose alarms have been OK
    for a long time. `parameters`: the stack's.
    `start`: an aware datetime or its ISO form. `faults`: a fault profile's name. `regions`: those the world
    holds, the stack's first; one may stand alone. `code`: the folder from which the template's functions are
    imported, in place of those that their CodeUri names.

    Raises CannotOpen.
    """
    if not isinstance(faults, str) or faults not in PROFILES:
        raise CannotOpen(f"there is no fault profile {faults!r}; there are {', '.join(PROFILES)}")
    regions = (regions,) if isinstance(regions, str) else regions
    if not regions:
        raise CannotOpen("a world holds one region at least")
    if code is not None and not Path(code).is_dir():
        raise CannotOpen(f"there is no folder {code} to import functions from")
    deployment = Deployment(
        template=template_text(template, regions[0]),
        parameters=_parameters(parameters or {}, own=template is None),
        home=regions[0],
        regions=tuple(regions),
        start=START if start is None else _moment(start),
        code=PROJECT if code is None else Path(code).resolve(),
        stands=template is None,
    )
    with ExitStack() as leaving:
        try:
            world = leaving.enter_context(World(deployment, seed=seed, faults=PROFILES[faults]))
        except InvalidTemplate as error:
            raise CannotOpen(f"the stack can't be made: {error}") from error
        calls = _Calls(world)
        world.calls.after_everything(calls.note)
        if world.stacks:
            note_acts(world)
        yield ImperativeWorld(world, calls)


def _parameters(given: Mapping[str, Any], *, own: bool) -> tuple[tuple[str, str], ...]:
    """As CloudFormation takes them: texts. Trailwarden's stack mails somebody unless told otherwise."""
    if not isinstance(given, Mapping):
        raise CannotOpen(f"parameters {given!r} are no mapping of names to values")
    texts = {
        name: str(value).lower() if isinstance(value, bool) else str(value) for name, value in given.items()
    }
    return tuple(({"AlertEmail": ON_CALL} | texts if own else texts).items())


def _moment(start: datetime | str) -> datetime:
    try:
        moment = datetime.fromisoformat(start) if isinstance(start, str) else start
    except ValueError as error:
        raise CannotOpen(f"start {start!r} is not a time like 2026-03-02T03:00:00+00:00") from error
    if not isinstance(moment, datetime):
        raise CannotOpen(f"start {start!r} is not a time like 2026-03-02T03:00:00+00:00")
    if moment.tzinfo is None:
        raise CannotOpen(f"start {start!s} has no time zone: add +00:00 for UTC")
    return moment.astimezone(UTC)


# ---- templates ----------------------------------------------------------------------------------


def template_text(template: TemplateSource, region: str) -> str:
    """A template as plain CloudFormation in JSON; "" where there is no stack. Raises CannotOpen."""
    if template is None:
        return packaged_template(region)
    if template == EMPTY:
        return ""
    document = dict(template) if isinstance(template, Mapping) else _read(template)
    transform = document.pop("Transform", None)
    try:
        if transform in (SAM, [SAM]):
            folder = template.parent if isinstance(template, Path) else _folder_of(template)
            document = translate(document, region=region, folder=folder)
        elif transform is not None:
            document["Transform"] = transform
    except InvalidTemplate as error:
        raise CannotOpen(f"the stack can't be made: {error}") from error
    # YAML reads an unquoted 2012-10-17 as a date; CloudFormation as a text.
    return json.dumps(document, default=str)


def _folder_of(template: TemplateSource) -> Path:
    """Where the code of a template lies: beside its file, or else where we were started."""
    if isinstance(template, str) and "\n" not in template and not _TEMPLATE_BEGINS.match(template):
        return Path(template).parent
    return Path.cwd()


_TEMPLATE_BEGINS = re.compile(r"\s*(\{|\w+:\s)")


def _read(template: Path | str) -> dict[str, Any]:
    """A template from a file, or from the text itself: a line that is neither JSON nor YAML is a path."""
    text = str(template)
    where = "the template"
    if isinstance(template, Path) or ("\n" not in text and not _TEMPLATE_BEGINS.match(text)):
        where = text
        try:
            text = Path(text).read_text(encoding="utf-8")
        except (OSError, UnicodeDecodeError) as error:
            why = error.strerror if isinstance(error, OSError) else str(error)
            raise CannotOpen(f"the template {where} can't be read: {why}") from error
    document = _parsed(where, text)
    if not isinstance(document, dict):
        raise CannotOpen(f"{where} is no template: a template is an object with Resources")
    return document


def _parsed(where: str, text: str) -> Any:
    if text.lstrip().startswith("{"):
        try:
            return json.loads(text)
        except ValueError as error:
            raise CannotOpen(f"{where} is no JSON: {error}") from error
    # cfn-lint knows !Ref, !Sub and their like; importing it takes a second, so it is imported here only.
    from cfnlint.decode import decode_str  # noqa: PLC0415

    document, matches = decode_str(text)
    if matches:
        raise CannotOpen(f"{where}, line {matches[0].linenumber}: {matches[0].message}")
    return document
