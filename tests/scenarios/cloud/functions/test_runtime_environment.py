import dataclasses
import logging
import os
import sys
from types import ModuleType, SimpleNamespace

import pytest

from scenarios.cloud.functions import runtime_environment
from scenarios.cloud.functions.runtime_environment import ExecutionEnvironment, InitError
from tests.scenarios.cloud.functions.function_worlds import code

COUNTS = """
    count = 0

    def look(event, context):
        global count
        count += 1
        return count
"""


def environment(folder, handler="app.look", **variables):
    return ExecutionEnvironment(handler, variables, folder)


def invoke(each, event=None):
    return each.invoke(event, SimpleNamespace())


def seen_outside():
    return (
        dict(os.environ),
        set(sys.modules),
        list(sys.meta_path),
        sys.stdout,
        sys.stderr,
        list(sys.path),
        vars(dataclasses).get("exec"),
    )


# ---- finding the handler ------------------------------------------------------------------------


def test_a_handler_string_names_a_module_and_what_is_in_it(tmp_path):
    code(tmp_path, "import chalicelib.deeper as look", deeper="def look(event, context): return event")

    assert invoke(environment(tmp_path, "chalicelib.deeper.look"), {"a": 1}) == {"a": 1}


def test_slashes_in_a_handler_string_are_folders(tmp_path):
    code(tmp_path, "", deeper="def look(event, context): return 'found'")

    assert invoke(environment(tmp_path, "chalicelib/deeper.look")) == "found"


@pytest.mark.parametrize(
    ("handler", "kind", "says"),
    [
        pytest.param(
            "app.lok",
            "Runtime.HandlerNotFound",
            "Handler 'lok' missing on module 'app'",
            id="typo in the name",
        ),
        pytest.param(
            "ap.look",
            "Runtime.ImportModuleError",
            "Unable to import module 'ap': No module named 'ap'",
            id="typo in the module",
        ),
        pytest.param("look", "Runtime.MalformedHandlerName", "Bad handler 'look'", id="no dot"),
        pytest.param(
            "chalicelib.broken.look",
            "Runtime.ImportModuleError",
            "Unable to import module 'chalicelib.broken': No module named 'nowhere'",
            id="an import that fails",
        ),
        pytest.param(
            "chalicelib.absent.look",
            "Runtime.ImportModuleError",
            "Unable to import module 'chalicelib.absent': No module named 'chalicelib.absent'",
            id="a module that was not packaged",
        ),
        pytest.param(
            "chalicelib.misspelt.look",
            "Runtime.UserCodeSyntaxError",
            "Syntax error in module 'chalicelib.misspelt'",
            id="a syntax error",
        ),
    ],
)
def test_a_handler_that_cannot_be_loaded_is_told_as_lambda_tells_it(tmp_path, handler, kind, says):
    code(tmp_path, "def look(event, context): pass", broken="import nowhere", misspelt="def look(:")

    with pytest.raises(InitError) as caught:
        invoke(environment(tmp_path, handler))

    assert caught.value.kind == kind
    assert str(caught.value).startswith(says)


def test_a_function_finds_its_own_code_and_not_the_projects(tmp_path):
    code(tmp_path, "def look(event, context):\n    import chalicelib.runtime")

    with pytest.raises(ModuleNotFoundError, match="chalicelib"):
        invoke(environment(tmp_path))


# ---- what is a function's own -------------------------------------------------------------------


def test_a_warm_environment_finds_its_modules_as_it_left_them_and_a_cold_one_begins_anew(tmp_path):
    code(tmp_path, COUNTS)
    first, second = environment(tmp_path), environment(tmp_path)

    assert [invoke(first), invoke(first), invoke(second), invoke(first)] == [1, 2, 1, 3]


def test_modules_below_the_handlers_are_its_own_as_well(tmp_path):
    code(
        tmp_path,
        """
        from chalicelib import memory

        def look(event, context):
            memory.seen.append(event)
            return list(memory.seen)
        """,
        memory="seen = []",
    )
    first, second = environment(tmp_path), environment(tmp_path)
    invoke(first, "a")

    assert invoke(second, "b") == ["b"]
    assert invoke(first, "c") == ["a", "c"]


def test_a_dataclass_is_the_functions_own_too(tmp_path):
    """Its methods are compiled once and made for each: what one function hangs on it, no other finds."""
    code(
        tmp_path,
        """
        from dataclasses import dataclass

        @dataclass(frozen=True)
        class Seen:
            event: str
            times: int = 1

        def look(event, context):
            known, Seen.last = getattr(Seen, "last", None), event
            Seen.__init__.__globals__["left"] = event
            return [known, str(Seen(event)), "left" in globals()]
        """,
    )
    first, second = environment(tmp_path), environment(tmp_path)

    assert invoke(first, "a") == [None, "Seen(event='a', times=1)", True]
    assert invoke(second, "b")[0] is None
    assert invoke(first, "c")[0] == "a"


def test_an_environment_runs_the_code_as_it_was_when_it_started(tmp_path):
    code(tmp_path, "def look(event, context): return 'old'")
    old = environment(tmp_path)
    invoke(old)

    code(tmp_path, "def look(event, context): return 'newer'")

    assert [invoke(old), invoke(environment(tmp_path))] == ["old", "newer"]


def test_variables_are_the_functions_and_nobody_elses(tmp_path, monkeypatch):
    monkeypatch.setenv("OF_THIS_MACHINE", "secret")
    code(tmp_path, "import os\n\ndef look(event, context): return dict(os.environ)")

    seen = invoke(environment(tmp_path, STAGE="prod"))

    assert seen == {"STAGE": "prod"}


def test_a_variable_a_handler_sets_does_not_outlive_it(tmp_path):
    code(tmp_path, "import os\n\ndef look(event, context): os.environ['LEFT'] = 'behind'")

    invoke(environment(tmp_path))

    assert "LEFT" not in os.environ


@pytest.mark.parametrize("fails", [False, True], ids=["it returns", "it raises"])
def test_outside_of_a_run_nothing_of_the_function_shows(tmp_path, fails):
    import chalicelib

    code(
        tmp_path,
        f"import chalicelib.deeper\n\ndef look(event, context): {'1 / 0' if fails else 'pass'}",
        deeper="",
    )
    before = seen_outside()

    try:
        invoke(environment(tmp_path))
    except ZeroDivisionError:
        assert fails

    assert seen_outside() == before
    assert sys.modules["chalicelib"] is chalicelib


def test_loggers_of_the_application_belong_to_one_environment(tmp_path):
    code(
        tmp_path,
        """
        import logging

        def look(event, context):
            logger = logging.getLogger("trailwarden.look")
            logger.addHandler(logging.NullHandler())
            return len(logger.handlers)
        """,
    )
    first, second = environment(tmp_path), environment(tmp_path)

    assert [invoke(first), invoke(first), invoke(second)] == [1, 2, 1]
    assert "trailwarden.look" not in logging.Logger.manager.loggerDict


def test_the_root_logger_is_set_up_by_each_environment_for_itself(tmp_path):
    code(
        tmp_path,
        """
        import logging

        def look(event, context):
            logging.basicConfig(level=logging.INFO)
            logging.info("told")
            return [len(logging.getLogger().handlers), logging.getLogger().level]
        """,
    )
    first, second = environment(tmp_path), environment(tmp_path)
    outside = (list(logging.getLogger().handlers), logging.getLogger().level)

    assert [invoke(first), invoke(first), invoke(second)] == [[1, logging.INFO]] * 3
    assert first.take_output() == ["INFO:root:told"] * 2
    assert second.take_output() == ["INFO:root:told"]
    assert (logging.getLogger().handlers, logging.getLogger().level) == outside


# ---- output -------------------------------------------------------------------------------------


def test_what_is_printed_and_what_goes_to_standard_error_is_kept_once(tmp_path, capsys):
    code(
        tmp_path,
        """
        import sys

        def look(event, context):
            print("one")
            print("two", file=sys.stderr)
            raise ValueError(event)
        """,
    )
    each = environment(tmp_path)
    with pytest.raises(ValueError, match="why"):
        invoke(each, "why")

    assert each.take_output() == ["one", "two"]
    assert each.take_output() == []
    assert capsys.readouterr() == ("", "")


def test_only_what_was_packaged_is_taken_out_of_the_loaded_modules(monkeypatch):
    ours = ("app", "chalicelib", "chalicelib.x", "chalicelib.x.app")
    others = ("apps", "app_", "chalicelibs.x", "lib.app", "lib.chalicelib")
    monkeypatch.setattr(sys, "modules", {name: ModuleType(name) for name in (*others, *ours, "z")})

    taken = runtime_environment._take_modules()

    assert sorted(taken) == sorted(ours)
    assert sorted(sys.modules) == sorted((*others, "z"))
