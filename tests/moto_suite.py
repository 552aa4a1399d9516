"""Runs moto's own tests inside simulated worlds: what moto's users rely on, asked of the simulated AWS.

    python tests/moto_suite.py FOLDER [NAME...] [--report FILE]

FOLDER is the folder `tests` of moto's source distribution: `pip download --no-deps --no-binary :all:
moto==VERSION` brings it. NAME is a folder or a file in it, such as `test_sns`; by default those of SNS, SQS,
EventBridge, Logs, CloudWatch and IAM. Where a test enters `mock_aws`, it enters an empty world instead, as
an administrator; services may deliver everywhere, as moto asks no policy. Prints for each file how many tests
passed, and how the others failed; `--report` writes a line of JSON for each failure. Exit 1 after a crash.

A failure is a question and no verdict: the test may lean on moto's insides, or on what moto does wrong. A
crash (an error of Python that is not AWS's, and does not name a hole either; a test without an end) is most
often a fault here.
"""

import argparse
import functools
import inspect
import json
import os
import signal
import sys
from collections import Counter
from collections.abc import Callable, Generator, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from datetime import timedelta
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import moto
import pytest
from botocore.exceptions import BotoCoreError, ClientError

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from scenarios.cloud.authorization.policy import Decision
from scenarios.cloud.kernel.clock import Clock
from scenarios.cloud.kernel.errors import InvalidTemplate, NotSimulated, WorldError
from scenarios.runner.imperative import open_world

PROJECT = Path(__file__).resolve().parents[1]
SERVICES = ("test_sns", "test_sqs", "test_events", "test_logs", "test_cloudwatch", "test_iam")
REGIONS = ("us-east-1", "us-east-2", "us-west-1", "us-west-2", "eu-central-1", "eu-west-1", "ap-southeast-1")
LONGEST_SECONDS = 30
PATIENCE_SECONDS = 10

# How a test can fail. The first that fits counts; what fits none is a crash.
KINDS: dict[str, tuple[type[BaseException], ...]] = {
    "not simulated": (NotSimulated, InvalidTemplate),
    "world error": (WorldError,),
    "refused": (ClientError, BotoCoreError),
    "other answer": (AssertionError, pytest.fail.Exception),
}
CRASH = "crash"


class _Hangs(BaseException):
    """A test took longer than any may."""


# ---- what stands for mock_aws ---------------------------------------------------------------------


class InWorld:
    """A decorator, a context, or started and stopped by hand, as moto's own."""

    depth = 0
    kept = 0  # how often a test's setUp entered it: pytest leaves it behind the test
    inside = ExitStack()

    def start(self, *_: object, **__: object) -> None:
        """Enter a new world, unless the test is in one already."""
        InWorld.depth += 1
        if InWorld.depth == 1:
            InWorld.inside.enter_context(_world())

    def stop(self, *_: object, **__: object) -> None:
        """Leave the world, if this was the first to enter it."""
        InWorld.depth = max(0, InWorld.depth - 1)
        if InWorld.depth == 0:
            InWorld.inside.close()

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()

    def __call__(self, decorated: Any) -> Any:
        """A function in a world of its own, or a class with a world for each of its tests."""
        if not inspect.isclass(decorated):
            return self._function(decorated)
        for name, each in vars(decorated).copy().items():
            if inspect.isfunction(each) and not name.startswith("_"):
                setattr(decorated, name, self._function(each, stay=name in {"setUp", "setup_method"}))
        return decorated

    def _function(self, function: Callable[..., Any], *, stay: bool = False) -> Callable[..., Any]:
        @functools.wraps(function)
        def within(*args: Any, **kwargs: Any) -> Any:
            self.start()
            InWorld.kept += stay
            try:
                return function(*args, **kwargs)
            finally:
                if not stay:
                    self.stop()

        return within


def mock_aws(function: Any = None, config: object = None) -> Any:
    """With or without parentheses; moto's settings say nothing about AWS."""
    del config
    return InWorld() if function is None else InWorld()(function)


@contextmanager
def _world() -> Iterator[None]:
    """An empty account; who says nothing else signs as its administrator."""
    with open_world(template="empty", regions=REGIONS) as world:
        simulated = world.simulated
        simulated.calls.around(lambda _: _let_happen(simulated.clock), lambda _: None)
        let_in = Decision(allowed=True, because="moto asks no policy")
        simulated.identity.service_may = lambda *_: let_in  # type: ignore[method-assign]
        os.environ |= {
            "AWS_ACCESS_KEY_ID": world.user("moto").access_key_id,
            "AWS_SECRET_ACCESS_KEY": "simulated",
            "AWS_DEFAULT_REGION": REGIONS[0],
        }
        yield


def _let_happen(clock: Clock) -> None:
    """Before each call of the test, what is due within seconds: moto's tests wait for no delivery."""
    until = clock.now + timedelta(seconds=PATIENCE_SECONDS)
    while not clock.limited and clock.next_moment is not None and clock.next_moment <= until:
        clock.run(clock.next_moment)


# ---- pytest's side --------------------------------------------------------------------------------


class Results:
    """A plugin for pytest: ends tests that hang, leaves worlds that tests left open, counts."""

    def __init__(self, folder: Path) -> None:
        self.files: dict[str, Counter[str]] = {}
        self.failed: list[dict[str, str]] = []
        self._folder = str(folder)

    @pytest.hookimpl(wrapper=True)
    def pytest_runtest_setup(self) -> Generator[None, Any, Any]:
        with _in_time():
            return (yield)

    @pytest.hookimpl(wrapper=True)
    def pytest_runtest_call(self) -> Generator[None, Any, Any]:
        with _in_time():
            return (yield)

    @pytest.hookimpl(wrapper=True, tryfirst=True)
    def pytest_runtest_teardown(self) -> Generator[None, Any, Any]:
        try:
            return (yield)
        finally:
            for _ in range(InWorld.kept):
                InWorld().stop()
            InWorld.kept = 0

    @pytest.hookimpl(wrapper=True)
    def pytest_runtest_makereport(
        self, item: pytest.Item, call: pytest.CallInfo[None]
    ) -> Generator[None, Any, Any]:
        report: Any = yield
        counts = self.files.setdefault(item.nodeid.split("::")[0], Counter())
        if report.passed and call.when == "call":
            counts["passed"] += 1
        elif report.skipped:
            counts["skipped"] += 1
        elif report.failed and call.excinfo is not None:
            kind = self._kind(call.excinfo.value)
            counts[kind] += 1
            self.failed.append({"test": item.nodeid, "kind": kind, **_told(call.excinfo.value)})
        return report

    def pytest_collectreport(self, report: pytest.CollectReport) -> None:
        if report.failed:
            self.files.setdefault(report.nodeid, Counter())["can't be imported"] += 1

    def _kind(self, error: BaseException) -> str:
        kind = next((kind for kind, errors in KINDS.items() if isinstance(error, errors)), CRASH)
        frames = _frames(error.__traceback__)
        return "other answer" if kind == CRASH and frames and frames[-1].startswith(self._folder) else kind


@contextmanager
def _in_time() -> Iterator[None]:
    before = signal.signal(signal.SIGALRM, _give_up)
    signal.alarm(LONGEST_SECONDS)
    try:
        yield
    finally:
        signal.alarm(0)
        signal.signal(signal.SIGALRM, before)


def _give_up(*_: object) -> None:
    raise _Hangs


def _frames(trace: TracebackType | None) -> list[str]:
    """`file:line` of each frame, the outermost first."""
    found = []
    while trace is not None:
        found.append(f"{trace.tb_frame.f_code.co_filename}:{trace.tb_lineno}")
        trace = trace.tb_next
    return found


def _told(error: BaseException) -> dict[str, str]:
    frames = _frames(error.__traceback__)
    ours = [frame for frame in frames if frame.startswith(str(PROJECT)) and __file__ not in frame]
    tests = [frame for frame in frames if "/tests/test_" in frame]
    return {
        "error": f"{type(error).__name__}: {error}"[:1000],
        "line": tests[-1] if tests else "",
        "inside": ours[-1] if ours else "",
        "last": frames[-1] if frames else "",
    }


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the tests that are named, and print what became of them."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("folder", type=Path, help="moto's folder `tests`")
    parser.add_argument("names", nargs="*", default=SERVICES, help="folders or files in it")
    parser.add_argument("--report", type=Path, help="a file for a line of JSON about each failure")
    chosen = parser.parse_args(arguments)
    folder = chosen.folder.absolute()
    if not (folder / "__init__.py").is_file():
        parser.error(f"{chosen.folder} is not moto's folder of tests")
    moto.mock_aws = mock_aws
    results = Results(folder)
    pytest.main(
        [*_QUIETLY, f"--rootdir={folder.parent}", *(str(folder / name) for name in chosen.names)],
        plugins=[results],
    )
    _print(results.files)
    if chosen.report:
        chosen.report.write_text("".join(f"{json.dumps(each)}\n" for each in results.failed), "utf-8")
    return int(any(counts[CRASH] for counts in results.files.values()))


# No configuration of the project's own, nor moto's: `-c` names an empty one.
_QUIETLY = (
    *("-q", "--tb=no", "--no-header", "--no-summary", "-W", "ignore", "-p", "no:cacheprovider"),
    *("-c", os.devnull, "--continue-on-collection-errors"),
)


def _print(files: dict[str, Counter[str]]) -> None:
    widest = max(map(len, files), default=0)
    for name, counts in (*files.items(), ("in all", sum(files.values(), Counter()))):
        told = ", ".join(f"{count} {kind}" for kind, count in counts.most_common())
        sys.stdout.write(f"{name:<{widest}}  {told}\n")


if __name__ == "__main__":
    sys.exit(main())
