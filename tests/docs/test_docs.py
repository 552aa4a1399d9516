"""What README and docs ask a reader to type does what they say: each command is run, or listed with a reason.

`trailwarden` runs in this process, in a folder that holds what its commands name. What is not run is held
against its own options; make's targets, AWS's operations and their parameters against what there is.
"""

import gzip
import json
import os
import re
from functools import cache

import botocore.session
import click
import pytest
from botocore import xform_name
from botocore.exceptions import UnknownServiceError
from botocore.model import OperationNotFoundError
from click.testing import CliRunner

from scenarios.commands.cli import main
from tests.docs.snippets import Command, commands, python
from tests.project import PROJECT
from tests.sample import in_turn

PAGES = {
    str(path.relative_to(PROJECT)): path.read_text()
    for path in (PROJECT / "README.md", *sorted((PROJECT / "docs").glob("*.md")))
    if path.name != "changelog.md"  # it may name what was and is no more
}
COMMANDS = [each for page, text in PAGES.items() for each in commands(page, text)]

# How commands begin that are only parsed here, and why.
NOT_RUN = {
    "trailwarden run --faults": "it runs every scenario, which takes minutes: make scenarios does it",
    "trailwarden run root_login --faults walk": "a hundred runs: tests/scenarios/runner/walk takes a sample",
    "trailwarden run --jobs": "likewise",
    "trailwarden package": "it fetches wheels; tests/scenarios/commands/test_package.py runs it without",
    "trailwarden validate-trail": "it asks a real trail; test_validate_trail.py serves one",
    "trailwarden doctor": "it asks a real account; tests/scenarios/commands/test_doctor.py has one",
    "trailwarden dashboard": "it asks a real account; tests/scenarios/commands/test_dashboard.py has one",
    **dict.fromkeys(
        [f"trailwarden {name}" for name in ("findings", "show", "approve", "refuse", "undo", "redrive")],
        "it asks the API of a real stack; tests/scenarios/people has one",
    ),
    "trailwarden mutate": "it takes minutes",
    "trailwarden new": "it writes into the project; the tests of the command give it a folder",
    "make": "a target is run by whoever makes it; that it is there is checked",
    "aws": "it asks a real account; operation and parameters are held against AWS's own description",
    "pytest": "this is pytest; that its paths are there is checked",
    "chalice": "it serves until it is stopped; tests/scenarios/runner has the local server",
    "curl": "it asks the local server, which nobody serves here",
    "git": "it belongs to the reader's checkout",
    "cd": "likewise",
}
# A run of pytest within this one: by our plugin alone, without this project's settings.
PYTEST_HERE = (f"-c{os.devnull}", "-q", "-p", "scenarios.runner.pytest_plugin", "-p", "no:cacheprovider")
# What stands for a value of the reader's in commands that are parsed.
PLACEHOLDERS = {
    "ARN": "arn:aws:cloudtrail:eu-west-1:111122223333:trail/main",
    "PROFILE": "throttling",
    "N": "7",
}
# Commands of the AWS CLI that are no operation of AWS, and their options here.
OF_THE_CLI_ALONE = {
    ("cloudformation", "package"): {"template-file", "s3-bucket", "output-template-file"},
    ("cloudformation", "deploy"): {
        "template-file",
        "stack-name",
        "s3-bucket",
        "capabilities",
        "parameter-overrides",
    },
    ("cloudtrail", "validate-logs"): {"trail-arn", "start-time", "end-time"},
}
OF_EVERY_CALL = {"region", "profile", "output", "query", "no-cli-pager"}


def reason_not_to_run(command):
    """Why a command is only parsed; empty where it is run."""
    text = " ".join(command.words)
    listed = next((why for begin, why in NOT_RUN.items() if f"{text} ".startswith(f"{begin} ")), "")
    alone = "it runs every scenario" if text == "trailwarden run" else ""
    return command.not_run or listed or alone or ("" if command.whole else "it is part of a sentence")


def complaint(command):
    """What is wrong with a command as it is written, in one sentence; empty where nothing is."""
    check = {"trailwarden": _trailwarden, "make": _make, "aws": _aws, "pytest": _pytest}.get(command.tool)
    wrong = check(command) if check else "" if command.tool in NOT_RUN else _UNKNOWN
    return wrong and f"{command}: {wrong}"


_UNKNOWN = (
    "nobody here knows how to check this tool; "
    "run it in tests/docs/test_docs.py, or list it in NOT_RUN with the reason"
)


def _trailwarden(command):
    name, *arguments = [PLACEHOLDERS.get(word, word) for word in command.words[1:]]
    if name.startswith("-"):
        name, arguments = "", [name, *arguments]
    context = click.Context(main)
    found = main.get_command(context, name) if name else main
    if found is None:
        return f"there is no command {name!r}"
    if command.whole:
        try:
            found.make_context(name or "trailwarden", list(arguments))
        except click.exceptions.Exit:
            return ""  # --help, --version
        except click.ClickException as error:
            return error.format_message()
    known = {option for each in found.get_params(context) for option in each.opts}
    strange = [word for word in arguments if word.startswith("--") and word.partition("=")[0] not in known]
    return f"{name} has no option {strange[0]}" if strange else ""


def _make(command):
    targets = set(re.findall(r"^([a-z-]+):", (PROJECT / "Makefile").read_text(), re.MULTILINE))
    strange = [word for word in command.words[1:] if "=" not in word and word not in targets]
    return f"Makefile has no target {strange[0]!r}" if strange else ""


def _pytest(command):
    paths = [word.partition("::")[0] for word in command.words[1:] if "/" in word]
    gone = [path for path in paths if not (PROJECT / path).exists()]
    return f"there is no {gone[0]}" if gone else ""


@cache
def _operations(service):
    """The operations of a service and the parameters of each, as the AWS CLI spells them."""
    model = botocore.session.get_session().get_service_model(
        {"s3api": "s3", "configservice": "config"}.get(service, service)
    )
    return {xform_name(name, "-"): model.operation_model(name) for name in model.operation_names}


def _aws(command):
    service, operation = (*command.words[1:], "", "")[:2]
    try:
        known = OF_THE_CLI_ALONE.get((service, operation))
        if known is None:
            shape = _operations(service)[operation].input_shape
            known = {xform_name(name, "-") for name in shape.members} if shape else set()
    except (UnknownServiceError, OperationNotFoundError, KeyError):
        return f"AWS has no {service} {operation}"
    options = [word[2:] for word in command.words if word.startswith("--")]
    # A flag is switched off by `--no-` before its name.
    known = known | OF_EVERY_CALL
    strange = [each for each in options if each not in known and each.removeprefix("no-") not in known]
    return f"{service} {operation} takes no --{strange[0]}" if strange else ""


@pytest.fixture
def folder(tmp_path, monkeypatch):
    """A folder with the files that the commands name."""
    record = {
        "eventVersion": "1.08",
        "eventTime": "2026-03-02T12:00:00Z",
        "eventSource": "dynamodb.amazonaws.com",
        "eventName": "ListTables",
        "eventID": "00000000-0000-4000-8000-000000000000",
        "awsRegion": "eu-west-1",
        "userIdentity": {"type": "IAMUser", "userName": "ann"},
        "recipientAccountId": "111122223333",
    }
    log = gzip.compress(json.dumps({"Records": [record]}).encode(), mtime=0)
    (tmp_path / "log.json.gz").write_bytes(log)
    (tmp_path / "event.json").write_text(json.dumps({"source": "aws.signin"}))
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.mark.slow
def test_a_command_is_written_as_its_tool_takes_it(folder):
    assert [complaint(each) for each in COMMANDS if complaint(each)] == []


RUN_TODAY = in_turn([each for each in COMMANDS if not reason_not_to_run(each)], of=3)


@pytest.mark.slow
@pytest.mark.parametrize("command", RUN_TODAY, ids=str)
def test_a_command_that_can_be_run_ends_well(command, folder):
    assert command.tool == "trailwarden", f"{command}: {_UNKNOWN}"

    result = CliRunner().invoke(main, list(command.words[1:]))

    assert result.exit_code == 0, result.output


@pytest.mark.slow
@pytest.mark.parametrize("page", [page for page, text in PAGES.items() if python(page, text)])
def test_python_on_a_page_runs_from_top_to_bottom(page, folder, inner_pytest):
    """What is made in one block is there in the next; a block of tests passes under pytest."""
    names = {"__name__": "__page__"}
    for number, block in enumerate(python(page, PAGES[page])):
        if block.not_run:
            continue
        if "def test_" in block.text:
            tests = folder / f"test_page_{number}.py"
            tests.write_text(f"import pytest\n\n{block.text}\n")
            assert inner_pytest([str(tests), f"--rootdir={folder}", *PYTEST_HERE]) == pytest.ExitCode.OK
        else:
            code = "\n" * (block.line - 1) + block.text
            exec(compile(code, page, "exec"), names)


# ---- the checks themselves ----------------------------------------------------------------------


def said(text):
    return [" ".join(each.words) for each in commands("page.md", text)]


def test_commands_are_found_in_blocks_and_sentences():
    page = (
        "Try `make demo`:\n\n    $ trailwarden run root_login  # told whole\n    It passed\n\n"
        "text\n\n    a picture -> of it\n\n"
        "```console\naws sns \\\n  publish\n```\n"
    )

    assert said(page) == ["trailwarden run root_login", "aws sns publish", "make demo"]


def test_neither_variables_nor_the_tools_folder_count():
    assert said("x\n\n    AWS_PROFILE=dev .venv/bin/trailwarden catalog\n") == ["trailwarden catalog"]


def test_a_reason_in_the_page_belongs_to_the_next_block_only():
    page = "<!-- not run: it waits -->\n\n    make demo\n\ntext\n\n    make test\n"

    assert [each.not_run for each in commands("page.md", page)] == ["it waits", ""]


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("trailwarden rnu", "there is no command 'rnu'"),
        ("trailwarden run --sed 7", "No such option '--sed'"),
        ("trailwarden validate-trail", "Missing option '--trail-arn'"),
        ("make tset", "Makefile has no target 'tset'"),
        ("aws sns publsh --topic-arn ARN", "AWS has no sns publsh"),
        ("aws snz publish", "AWS has no snz publish"),
        ("aws sns publish --topic ARN", "sns publish takes no --topic"),
        ("aws cloudformation deploy --template x", "cloudformation deploy takes no --template"),
        ("pytest tests/nowhere", "there is no tests/nowhere"),
        ("kubectl get pods", "nobody here knows how to check this tool"),
    ],
)
def test_a_command_that_is_wrong_is_told_with_its_place(text, sentence):
    (command,) = commands("page.md", f"```sh\n{text}\n```\n")

    assert complaint(command).startswith(f"page.md:2: {text}: {sentence}")


def test_a_command_within_a_sentence_may_leave_out_what_it_needs():
    command = Command(page="p", line=1, words=("trailwarden", "validate-trail"), whole=False)

    assert complaint(command) == ""


def test_every_reason_is_about_a_tool_that_is_known():
    assert {begin.split()[0] for begin in NOT_RUN} <= {
        "trailwarden",
        "make",
        "aws",
        "pytest",
        "chalice",
        "curl",
        "git",
        "cd",
    }
