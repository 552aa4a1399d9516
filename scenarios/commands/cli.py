"""The command `trailwarden`.

Each command is a module of `scenarios.commands`, imported when it is asked for: a command that works on text
or on a real account must not import the simulated AWS.

Exit codes: 0 all well; 1 a finding, a failed expectation, an answer that is no; 2 bad usage, bad input, or
could not tell: one sentence on standard error, and no traceback; 130 Ctrl-C, in one line too.
"""

import difflib
import io
import os
import sys
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, nullcontext
from importlib import import_module
from types import MappingProxyType
from typing import Any

import click

from chalicelib.wording import safe
from scenarios.cloud.kernel import garbage
from scenarios.cloud.kernel.errors import NotSimulated

SUMMARIES = MappingProxyType(
    {
        "run": "Rehearse incidents on the simulated AWS; show timelines.",
        "scenarios": "List every scenario: name, remediation, title.",
        "replay": "Put your CloudTrail records through rules and handlers.",
        "backtest": "Try new patterns on your CloudTrail records.",
        "query": "Ask your logs in the language of Logs Insights, or SQL.",
        "dashboard": "Draw a dashboard of CloudWatch as one page of HTML.",
        "match": "Try a pattern on events: match, or which field failed.",
        "validate-trail": "Check whether a trail is still what CloudTrail delivered.",
        "catalog": "Show every remediation: triggers, grants, scenarios.",
        "doctor": "Say what is not watched in a deployed account.",
        "findings": "List what was found, newest first.",
        "show": "Show one finding: facts, plan, what was done, its undo.",
        "approve": "Approve the plan of a finding.",
        "refuse": "Refuse the plan of a finding.",
        "undo": "Undo what Trailwarden did about a finding.",
        "redrive": "Show dead letters with their reasons; send them again.",
        "serve": "Serve the simulated AWS to any client.",
        "clock": "Ask for the time of a served world, or move it.",
        "new": "Begin a remediation: its files and its two lines.",
        "package": "Write and lint the templates and the zip for AWS.",
    }
)
_SIMULATED = frozenset(("replay", "run", "scenarios", "serve"))  # whose commands load the simulated AWS
COMPLETING = "_TRAILWARDEN_COMPLETE"  # in the environment while a shell asks for words
_LONGEST = 4000  # of a sentence
INTERRUPTED = 130  # as shells report it


class Commands(click.Group):
    """The group: commands by name, each imported only to be run or to tell its own help."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        """The names, in the order they are usually needed."""
        del ctx
        return list(SUMMARIES)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """The command of that name, or None."""
        del ctx
        if cmd_name not in SUMMARIES:
            return None
        if cmd_name == "run" and COMPLETING in os.environ:
            from scenarios.commands.run_options import unanswered  # noqa: PLC0415 - only completing needs it

            return unanswered
        return _loaded(cmd_name.replace("-", "_"))

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        """As click does; for an unknown command, name those that look like it."""
        if args and not args[0].startswith("-") and self.get_command(ctx, args[0]) is None:
            close = difflib.get_close_matches(args[0], SUMMARIES, n=3)
            offer = f"did you mean {' or '.join(close)}?" if close else "trailwarden --help lists all"
            ctx.fail(f"there is no command {args[0]!r}; {offer}")
        return super().resolve_command(ctx, args)

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """List the commands without importing any."""
        del ctx
        with formatter.section("Commands"):
            formatter.write_dl(list(SUMMARIES.items()))

    def invoke(self, ctx: click.Context) -> Any:
        """Run the command; Ctrl-C ends it in one line."""
        try:
            return super().invoke(ctx)
        except KeyboardInterrupt:
            if sys.stderr.isatty():
                click.echo(err=True)  # behind the ^C that the terminal shows
            _complain("interrupted")
            return INTERRUPTED

    def main(self, *args: Any, **more: Any) -> Any:
        """Run a command line, and turn what went wrong into one sentence and an exit code."""
        _let_every_character_out()
        try:
            code = super().main(*args, **{**more, "standalone_mode": False})
        except click.ClickException as error:
            _complain(error.format_message())
            sys.exit(2)
        except NotSimulated as error:
            _complain(str(error))
            sys.exit(2)
        except MemoryError:
            _complain("there is not enough memory for so large an input")
            sys.exit(2)
        except (click.Abort, KeyboardInterrupt):
            sys.exit(INTERRUPTED)
        sys.exit(code if isinstance(code, int) else 0)


def _loaded(name: str) -> click.Command:
    """The command of that name's module.

    To load the simulated AWS takes longer than most of what is done in it.
    """
    with nullcontext() if f"scenarios.commands.{name}" in sys.modules else _loading(name):
        command = import_module(f"scenarios.commands.{name}").command
    assert isinstance(command, click.Command)
    return command


@contextmanager
def _loading(name: str) -> Iterator[None]:
    """No command for real accounts runs what was kept on disk."""
    with ExitStack() as inside:
        inside.enter_context(garbage.loading())
        if name in _SIMULATED:
            from scenarios.cloud.kernel.methods import compiled_once  # noqa: PLC0415 - --help does without

            inside.enter_context(compiled_once(f"trailwarden {name}"))
        yield


def _let_every_character_out() -> None:
    """Where a locale lacks a character (✓, ->), it shows as a question mark rather than as a traceback."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="replace")


def _complain(sentence: str) -> None:
    """Say what went wrong; names in it were chosen by somebody else."""
    click.echo(f"trailwarden: {safe(' '.join(sentence.split()), _LONGEST)}", err=True)


@click.group(
    cls=Commands,
    invoke_without_command=True,
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100},
)
@click.version_option(package_name="trailwarden", prog_name="trailwarden")
@click.pass_context
def main(ctx: click.Context) -> None:
    """Watch an AWS account's audit trail, and rehearse what happens on a simulated AWS."""
    if ctx.invoked_subcommand is None:
        click.echo(ctx.get_help())
