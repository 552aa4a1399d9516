"""Scenarios as pytest's test items, and the fixture `world`.

`pytest scenarios/` collects every module that binds SCENARIO or SCENARIOS: below a folder called `scenarios`,
or given by its path. An item's id is `scenarios/incidents/root_login.py::root_login.degrees`; under
`--faults all` there is one for each profile, `...::root_login.degrees[late]`. Markers of an item: `scenario`,
its remediation's name and its fault profile's.

pytest loads this module at every start, also for runs without scenarios. So the simulated AWS is imported
only when the first scenario is collected, or the first world is asked for.
"""

# ruff: noqa: PLC0415 - imports are late here, for the reason above
import re
from collections.abc import Generator, Iterable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from fnmatch import fnmatch
from functools import cache
from importlib import import_module
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from scenarios.cloud.kernel.faults import Faults
    from scenarios.runner.imperative import ImperativeWorld
    from scenarios.runner.scenario import Scenario

FOLDER = "scenarios"
ALL, WALK = "all", "walk"
_WORLD = pytest.StashKey["ImperativeWorld"]()
_NOT_EMITTED = pytest.StashKey[Iterable[str]]()
_WORLD_TAKES = ("template", "parameters", "start", "seed", "faults", "regions", "code", "not_emitted")
_IN_SHORT = "what went wrong"  # the user property of a failed item that the summary repeats


def pytest_addoption(parser: pytest.Parser) -> None:
    """`--seed` and `--faults`, as `trailwarden run` has them."""
    group = parser.getgroup("trailwarden", "Trailwarden: incidents on the simulated AWS")
    group.addoption("--seed", type=int, default=1, help="What is left to chance in a scenario (default: 1).")
    group.addoption(
        "--faults",
        default="",
        metavar="PROFILE",
        help="What goes wrong meanwhile: a fault profile, 'all' for an item under each, or 'walk' for one "
        "fault at every call and every delivery, one at a time.",
    )
    group.addoption(
        "--part",
        default="",
        metavar="K/N",
        help="With --faults all: each scenario without faults, and the K-th of N parts of its profiles.",
    )


def pytest_configure(config: pytest.Config) -> None:
    """Declare the markers, and refuse options that mean nothing."""
    _declare(
        config,
        scenario="an incident; also marked with its remediation and its fault profile.",
        world=f"what the fixture `world` starts with: {', '.join(_WORLD_TAKES)}.",
    )
    if config.getoption("seed") < 0:
        raise pytest.UsageError("--seed is a whole number from 0")
    if config.getoption("faults"):
        _profiles(config)
    if config.getoption("part"):
        _part(config)


def _declare(config: pytest.Config, **markers: str) -> None:
    """Make markers known, each once: `--strict-markers` refuses others."""
    known = {line.partition(":")[0] for line in config.getini("markers")}
    for name, what in markers.items():
        if name not in known:
            config.addinivalue_line("markers", f"{name}: {what}")


def _profiles(config: pytest.Config) -> tuple["Faults", ...]:
    """The fault profiles asked for; without any, the one under which nothing goes wrong."""
    from scenarios.cloud.kernel.faults import PROFILES, Faults

    asked = config.getoption("faults") or "none"
    if asked == WALK:
        return (Faults(name=WALK),)
    if asked != ALL and asked not in PROFILES:
        known = ", ".join(PROFILES)
        raise pytest.UsageError(f"there is no fault profile {asked!r}; there are {known}, {ALL} and {WALK}")
    return tuple(PROFILES.values()) if asked == ALL else (PROFILES[asked],)


def _names_of_profiles() -> tuple[str, ...]:
    """Of all fault profiles; the first is the one under which nothing goes wrong."""
    from scenarios.cloud.kernel.faults import PROFILES

    return tuple(PROFILES)


def _part(config: pytest.Config) -> tuple[int, int]:
    """Which part of the rehearsals under faults is asked for, from 0, and of how many there are."""
    found = re.fullmatch(r"([1-9]\d?)/([1-9]\d?)", config.getoption("part") or "1/1")
    if found is None or int(found[1]) > int(found[2]):
        raise pytest.UsageError("--part is K/N, such as 1/2 for the first of two parts")
    if config.getoption("part") and config.getoption("faults") != ALL:
        raise pytest.UsageError("--part chooses among the profiles of --faults all")
    return int(found[1]) - 1, int(found[2])


@pytest.hookimpl(wrapper=True)
def pytest_runtestloop() -> Generator[None, object, object]:
    """Let the garbage collector wait while tests run: between two worlds there is next to nothing for it."""
    from scenarios.cloud.kernel import garbage

    with garbage.can_wait():
        return (yield)


# ---- collecting ---------------------------------------------------------------------------------


def pytest_collect_file(file_path: Path, parent: pytest.Collector) -> pytest.Collector | None:
    """Take the modules that hold scenarios. pytest makes a module of every file that is given by its path."""
    if parent.session.isinitpath(file_path):
        return None  # see pytest_pycollect_makemodule
    return _scenarios_of(file_path, parent)


def pytest_pycollect_makemodule(module_path: Path, parent: pytest.Collector) -> pytest.Collector | None:
    """Take a scenario module that is given by its path, in place of pytest's module of test functions."""
    return _scenarios_of(module_path, parent)


def _scenarios_of(path: Path, parent: pytest.Collector) -> "ScenarioModule | None":
    """The module, if it holds scenarios; what is named like a test stays a test."""
    config = parent.config
    if path.suffix != ".py" or any(fnmatch(path.name, pattern) for pattern in config.getini("python_files")):
        return None
    root = config.rootpath
    below = path.is_relative_to(root) and FOLDER in path.relative_to(root).parts[:-1]
    if not below and not parent.session.isinitpath(path):
        return None
    _load()
    from scenarios.runner.library import holds_scenarios

    return ScenarioModule.from_parent(parent, path=path) if holds_scenarios(path) else None


@cache
def _load() -> None:
    """Load the simulated AWS."""
    from scenarios.cloud.kernel.methods import compiled_once

    with compiled_once("pytest"):
        import_module("scenarios.runner.run")


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Let the second scenario of a name fail: `trailwarden run NAME` could mean either.

    Of `--faults all --part K/N` only that part is kept.
    """
    first: dict[str, ScenarioItem] = {}
    for item in items:
        if not isinstance(item, ScenarioItem):
            continue
        known = first.setdefault(item.scenario.name, item)
        if known.path != item.path:
            from scenarios.runner.library import clash

            item.clash = clash(item.scenario.name, known.path, item.path)
    if config.getoption("part"):
        _leave_out_other_parts(config, items)


def _leave_out_other_parts(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Keep what runs without faults, and of the rest the part asked for: every N-th profile of a scenario."""
    part, parts = _part(config)
    left_out, places = [], {name: place for place, name in enumerate(_names_of_profiles())}
    scenarios: dict[str, int] = {}
    for item in items:
        if isinstance(item, ScenarioItem) and places[item.faults.name]:
            number = scenarios.setdefault(item.scenario.name, len(scenarios))
            if (number + places[item.faults.name]) % parts != part:
                left_out.append(item)
    gone = set(map(id, left_out))
    items[:] = [item for item in items if id(item) not in gone]
    config.hook.pytest_deselected(items=left_out)


class ScenarioModule(pytest.File):
    """A module that binds SCENARIO or SCENARIOS."""

    def collect(self) -> Iterator[pytest.Item]:
        """An item for each scenario under each profile; of a module that can't be read, one that says why."""
        from scenarios.runner.library import UnreadableModule, scenarios_in

        try:
            scenarios = scenarios_in(self.path)
        except UnreadableModule as error:
            if self._asked_inside():  # the item asked for can't be found; so pytest would say only that
                raise self.CollectError(str(error)) from error
            yield UnreadableItem.from_parent(self, name="import", why=str(error))
            return
        profiles = list(self._profiles())
        for scenario in scenarios:  # its profiles side by side: its stack is made once in a process
            for faults, suffix in profiles:
                name = f"{scenario.name}{suffix}"
                yield ScenarioItem.from_parent(self, name=name, scenario=scenario, faults=faults)

    def _profiles(self) -> Iterator[tuple["Faults", str]]:
        """Each profile, and how it stands in the id. An id with a profile in it needs no `--faults all`."""
        from scenarios.cloud.kernel.faults import PROFILES

        of_many = self.config.getoption("faults") == ALL
        for faults in _profiles(self.config):
            yield faults, f"[{faults.name}]" if of_many else ""
        for faults in () if of_many else PROFILES.values():
            suffix = f"[{faults.name}]"
            if any(inside.endswith(suffix) for inside in self._asked_inside()):
                yield faults, suffix

    def _asked_inside(self) -> list[str]:
        """What the command line names inside this module."""
        here = self.config.invocation_params.dir
        parts = (argument.partition("::") for argument in self.config.args)
        return [inside for path, _, inside in parts if inside and (here / path).resolve() == self.path]


# ---- running ------------------------------------------------------------------------------------


class _Told(Exception):
    """A failure that is reported already, in whole sentences; `in_short`: its first."""

    def __init__(self, text: str, in_short: str = "") -> None:
        self.in_short = in_short or text
        super().__init__(text)


class _Item(pytest.Item):
    """Tells its failure itself; a Python traceback is shown only where the rehearsal itself is broken."""

    def repr_failure(self, excinfo: pytest.ExceptionInfo[BaseException], style: Any = None) -> Any:
        """What is shown below the item's name."""
        if not isinstance(excinfo.value, _Told):
            return super().repr_failure(excinfo, style)
        self.user_properties.append((_IN_SHORT, excinfo.value.in_short))
        return str(excinfo.value)

    def reportinfo(self) -> tuple[Path, None, str]:
        """Where it stands, and what is written above its failure."""
        return self.path, None, self.name


class UnreadableItem(_Item):
    """Stands for the scenarios of a module that can't be read, and fails with the reason; the others run."""

    def __init__(self, *, why: str, **more: Any) -> None:
        super().__init__(**more)
        self.why = why

    def runtest(self) -> None:
        """Fail."""
        raise _Told(self.why)


class ScenarioItem(_Item):
    """One scenario under one fault profile."""

    def __init__(self, *, scenario: "Scenario", faults: "Faults", **more: Any) -> None:
        super().__init__(**more)
        self.scenario = scenario
        self.faults = faults
        self.clash = ""
        remediation = scenario.name.partition(".")[0]
        what = {
            remediation: f"scenarios of {remediation}.",
            faults.name: f"run under the faults {faults.name}.",
        }
        _declare(self.config, **what)
        for marker in ("scenario", *what):
            self.add_marker(marker)

    @property
    def asked_as(self) -> str:
        """How `trailwarden run` finds the scenario: by its name, or in somebody's own module."""
        from scenarios.runner.library import PACKAGE, shown

        name = self.scenario.name
        return name if self.path.is_relative_to(PACKAGE) else f"{shown(self.path)}::{name}"

    def runtest(self) -> None:
        """Run it in a world of its own."""
        from scenarios.cloud.kernel.errors import NotSimulated
        from scenarios.runner.run import rehearse
        from scenarios.runner.show.failure import failure, in_short

        if self.clash:
            raise _Told(self.clash)
        if self.faults.name == WALK:
            self._walk()
            return
        try:
            report = rehearse(self.scenario, seed=self.config.getoption("seed"), faults=self.faults)
        except NotSimulated as error:  # its stack asks for it; nothing has happened yet
            raise _Told(f"{self.scenario.name}: the stack can't be made: {error}") from error
        if not report.passed:
            raise _Told(failure(report, self.asked_as), in_short(report))

    def _walk(self) -> None:
        """Put one fault at each of its points, one at a time."""
        from scenarios.runner.show.walked import lines_of
        from scenarios.runner.walk.apart import jobs_here, walk_apart

        walked = walk_apart(self.scenario, seed=self.config.getoption("seed"), jobs=jobs_here())
        if not walked.passed:
            lines = list(lines_of(walked, self.asked_as))
            raise _Told("\n".join(lines), lines[0])


# ---- telling ------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class _Crash:
    """What pytest's own failures have, and its summary reads the reason from."""

    message: str


@dataclass(frozen=True, slots=True)
class _Failure:
    """A failed item as pytest's terminal prints it: what failed in red."""

    text: str
    reprcrash: _Crash

    def toterminal(self, terminal: Any) -> None:
        """Called by pytest's terminal reporter."""
        for line in self.text.splitlines():
            terminal.line(line, red=line.startswith("  > "))

    def __str__(self) -> str:
        return self.text


@pytest.hookimpl(tryfirst=True)
def pytest_runtest_logreport(report: pytest.TestReport) -> None:
    """Give a failed scenario its line in the summary; from xdist's workers only text arrives."""
    in_short = dict(report.user_properties).get(_IN_SHORT)
    if report.when == "call" and isinstance(report.longrepr, str) and isinstance(in_short, str):
        report.longrepr = _Failure(report.longrepr, _Crash(in_short))  # type: ignore[assignment]  # as promised


def pytest_terminal_summary(terminalreporter: Any, config: pytest.Config) -> None:
    """Say how many scenarios there were."""
    ran = [
        report
        for outcome in ("passed", "failed")
        for report in terminalreporter.getreports(outcome)
        if report.when == "call" and "scenario" in report.keywords
    ]
    if ran:
        profiles = len(_profiles(config))
        under = f", under each of {profiles} fault profiles" if profiles > 1 else ""
        runs = "1 rehearsal" if len(ran) == 1 else f"{len(ran)} rehearsals"
        terminalreporter.write_line(f"{runs} of scenarios{under}, seed {config.getoption('seed')}")


# ---- the fixture --------------------------------------------------------------------------------


@pytest.fixture
def world(request: pytest.FixtureRequest) -> Iterator["ImperativeWorld"]:
    """The simulated AWS with Trailwarden's stack in it, for a test written as steps.

    `@pytest.mark.world(template=..., parameters=..., start=..., seed=...)` says what it starts with, on a
    test or on its class; see `scenarios.runner.imperative.open_world`. Without a `seed`, `--seed` counts. A
    test fails if an alarm or a rule of its world waits for what the simulated AWS never emits, unless the
    marker names it in `not_emitted`.
    """
    _load()
    from scenarios.cloud.kernel.errors import NotSimulated
    from scenarios.runner.imperative import CannotOpen, open_world

    with ExitStack() as leaving:
        wrong = ""
        asked = _asked_of_world(request)
        request.node.stash[_NOT_EMITTED] = _names(asked.pop("not_emitted", ()))
        try:
            made = leaving.enter_context(open_world(**asked))
        except (CannotOpen, NotSimulated) as error:
            wrong = f"the fixture world: {error}"
        if wrong:  # not in the except clause: pytest would show both
            pytest.fail(wrong, pytrace=False)
        request.node.stash[_WORLD] = made
        yield made


def _asked_of_world(request: pytest.FixtureRequest) -> dict[str, Any]:
    """The arguments of the markers `world`, the nearest last: what it says holds."""
    asked: dict[str, Any] = {"seed": request.config.getoption("seed")}
    for marker in reversed(list(request.node.iter_markers("world"))):
        unknown = sorted(marker.kwargs.keys() - set(_WORLD_TAKES))
        if marker.args or unknown:
            wrong = ", ".join(unknown) or "a value without a name"
            pytest.fail(f"@pytest.mark.world takes {', '.join(_WORLD_TAKES)}; not {wrong}", pytrace=False)
        asked |= marker.kwargs
    seed = asked["seed"]
    if isinstance(seed, bool) or not isinstance(seed, int):
        pytest.fail(f"@pytest.mark.world takes a whole number as its seed, not {seed!r}", pytrace=False)
    return asked


def _names(asked: object) -> tuple[str, ...]:
    """What `not_emitted` of the marker names: one name, or several."""
    names = [asked] if isinstance(asked, str) else asked
    if not isinstance(names, list | tuple | set | frozenset):
        pytest.fail(f"@pytest.mark.world takes names as not_emitted, not {asked!r}", pytrace=False)
    return tuple(names)


@pytest.hookimpl(wrapper=True)
def pytest_runtest_call(item: pytest.Item) -> Generator[None, Any, Any]:
    """Let a test fail that passed in a world where something could hear nothing at all."""
    result = yield
    made = item.stash.get(_WORLD, None)
    if made is not None:
        from scenarios.runner.run import never_answered

        deaf = never_answered(made.simulated, item.stash[_NOT_EMITTED], "marker world")
        if deaf:
            pytest.fail("\n".join(deaf), pytrace=False)
    return result


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(
    item: pytest.Item, call: pytest.CallInfo[Any]
) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """Show what happened in the world of a failed test; of NotSimulated only the test's own line."""
    made = item.stash.get(_WORLD, None)
    if made is not None and call.excinfo is not None and call.excinfo.typename == "NotSimulated":
        _cut_below(item.path, call.excinfo.tb)
        # What moto raised behind it is ours to know, and would be shown with every frame of ours.
        call.excinfo.value.__cause__, call.excinfo.value.__suppress_context__ = None, True
    report = yield
    if made is not None and report.when == "call" and report.failed:
        from scenarios.runner.show.failure import timeline_in_lines

        lines = timeline_in_lines(made.timeline) or ["nothing happened in it"]
        report.sections.append(("Timeline of the world", "\n".join(lines)))
    return report


def _cut_below(path: Path, traceback: TracebackType | None) -> None:
    """Let a traceback end at its last frame in that file."""
    frames = []
    while traceback is not None:
        frames.append(traceback)
        traceback = traceback.tb_next
    theirs = [frame for frame in frames if Path(frame.tb_frame.f_code.co_filename) == path]
    if theirs:
        theirs[-1].tb_next = None
