"""What holds for every test: no AWS setting of the machine counts, and durations are real."""

import gc
import os
import sys
from collections.abc import Callable
from typing import Any

import botocore.loaders
import freezegun
import freezegun.api
import hypothesis
import pytest
from _pytest import unraisableexception
from hypothesis.internal.conjecture import providers

from scenarios.cloud.kernel import clock, kept_on_disk
from scenarios.cloud.kernel.isolation import NO_AWS_FILES
from tests.sample import ALL, without_a_turn

# Now and not in a fixture: some test files make sessions when they are collected.
for _name in [name for name in os.environ if name.startswith(("AWS_", "BOTO_"))]:
    del os.environ[_name]
os.environ.update(NO_AWS_FILES)

# A fixture that freezes time must not freeze the clocks with which pytest and hypothesis measure a test.
freezegun.configure(extend_ignore_list=["_pytest", "pluggy", "xdist", "execnet", "hypothesis"])

# freezegun looks through every name of every module when it starts. A world's clock remembers which of them
# have to do with time; a test that freezes time without a world is served in the same way.
_freezer = freezegun.api._freeze_time
_start = _freezer.start


def _start_sooner(freezer: _freezer) -> object:
    if freezegun.api.sys is not sys:  # type: ignore[attr-defined]  # a world's clock does it already
        return _start(freezer)
    with clock._few_modules_to_look_through():
        frozen = _start(freezer)
    freezer.modules_at_start = set(sys.modules)
    return frozen


_freezer.start = _start_sooner  # type: ignore[assignment,method-assign]


def _switching_off(change: Any) -> Any:
    """A change of `monkeypatch`, with which its test keeps nothing on disk: others would find it there."""

    def changed(patch: Any, *args: Any, **more: Any) -> None:
        if not hasattr(patch, "_switched_off"):
            patch._switched_off = kept_on_disk.switched_off()
            patch._switched_off.__enter__()
        change(patch, *args, **more)

    return changed


def _undoing(undo: Any) -> Any:
    def undone(patch: Any) -> None:
        undo(patch)
        if hasattr(patch, "_switched_off"):
            patch._switched_off.__exit__(None, None, None)
            del patch._switched_off

    return undone


for _name in ("setattr", "delattr", "setitem", "delitem"):
    setattr(pytest.MonkeyPatch, _name, _switching_off(vars(pytest.MonkeyPatch)[_name]))
pytest.MonkeyPatch.undo = _undoing(pytest.MonkeyPatch.undo)  # type: ignore[method-assign]

# What tests are collected of stays to the end: the garbage collector need never look at it.
gc.set_threshold(100_000, 20, 20)
gc.disable()


def pytest_addoption(parser: pytest.Parser) -> None:
    what = "of the tests marked slow run one in N, others each day; all of them where TRAILWARDEN_ALL is set"
    parser.addoption("--slow-in-turn", type=int, default=1, metavar="N", help=what)


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """`make test` is for a desk: what the slow tests hold is held by `.ci/run`, before anything lands."""
    left_out = without_a_turn(items, config.getoption("slow_in_turn"))
    if left_out:
        gone = set(left_out)
        config.hook.pytest_deselected(items=left_out)
        items[:] = [item for item in items if item not in gone]


def pytest_collection_finish(session: pytest.Session) -> None:
    gc.freeze()
    gc.enable()
    if hasattr(session.config, "workerinput"):
        _tell_less(session.config)


def _tell_less(config: pytest.Config) -> None:
    """What went well a worker of xdist tells in two messages: the call passed, and the test has ended.

    It would tell that the test begins, and report its set-up and its tear-down. Whoever asks for times,
    a report in XML or more words gets it all.
    """
    if config.option.durations or config.option.xmlpath or config.option.verbose > 0:
        return
    (worker,) = (each for each in config.pluginmanager.get_plugins() if hasattr(each, "sendevent"))
    send = worker.sendevent

    def sent(name: str, **about: Any) -> None:
        report = about.get("data", {})
        well = name == "testreport" and report["outcome"] == "passed"
        if well:
            report["keywords"] = {}
        if name != "logstart" and (not well or report["when"] == "call"):
            send(name, **about)

    worker.sendevent = sent


@pytest.fixture
def inner_pytest(monkeypatch: pytest.MonkeyPatch) -> Callable[..., object]:
    """Runs pytest in a test: `pytest.main`, but that it doesn't look for garbage five times when it ends.

    It would look through all that this run has made, a second each time; this run looks when it ends itself.
    """
    monkeypatch.setattr(unraisableexception, "gc_collect_harder", lambda _times: None)
    return pytest.main


# Each run tries other values, so that many runs find what one long run would. No deadline: machines are busy.
hypothesis.settings.register_profile(
    "suite",
    max_examples=60 if ALL else 20,
    deadline=None,
    # What decides whether a change lands answers the same each time.
    derandomize=bool(os.environ.get("CI")),
)
hypothesis.settings.load_profile("suite")

# Hypothesis reads every module for constants to try: two seconds in each process, before the first test. At a
# desk it tries those that it knows itself.
if not ALL:
    vars(providers)["_get_local_constants"] = lambda: providers._local_constants

# Every mock_aws() forgets boto3's session, and a new session would read botocore's descriptions of the
# services again: megabytes of JSON, always the same. Who names further folders reads anew.
_READ: dict[object, object] = {}
_Loader = botocore.loaders.Loader
_loader = _Loader.__init__


def _loader_that_has_read(loader: _Loader, *folders: object, **more: object) -> None:
    usual = not any((*folders, *more.values()))  # a list of folders grows in there
    _loader(loader, *folders, **more)  # type: ignore[arg-type]
    if usual:
        loader._cache = _READ  # type: ignore[attr-defined]


_Loader.__init__ = _loader_that_has_read  # type: ignore[assignment,method-assign]
