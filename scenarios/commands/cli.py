"""The command `trailwarden`.

Each command is a module of `scenarios.commands`, imported when it is asked for: what works on text or on a
real account must not wait for, and must not hold, the simulated AWS.

Exit codes: 0 all well; 1 a finding, a failed expectation; 2 bad usage, bad input, or could not tell: one
sentence on standard error, and no traceback.
"""

import sys
from importlib import import_module
from types import MappingProxyType
from typing import Any

import click

from scenarios.cloud.kernel.errors import NotSimulated

SUMMARIES = MappingProxyType(
    {
        "run": "Rehearse incidents on the simulated AWS, and tell them as a timeline.",
        "scenarios": "List every scenario: its name, the remediation it proves, what it tells.",
        "replay": "Put real CloudTrail records through the deployed rules and handlers.",
        "match": "Try a pattern on events: match, or which field failed against what.",
        "validate-trail": "Whether a trail is still what CloudTrail delivered, digest by digest.",
        "catalog": "Every remediation: what wakes it, what it may touch, what proves it.",
        "doctor": "Hold a deployed account against what the stack promises: what stays unwatched.",
        "package": "Write the templates and the zip that AWS is given, and lint them.",
    }
)
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
        command = import_module(f"scenarios.commands.{cmd_name.replace('-', '_')}").command
        assert isinstance(command, click.Command)
        return command

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """List the commands without importing any."""
        del ctx
        with formatter.section("Commands"):
            formatter.write_dl(list(SUMMARIES.items()))

    def main(self, *args: Any, **more: Any) -> Any:
        """Run a command line, and turn what went wrong into one sentence and an exit code."""
        try:
            code = super().main(*args, **{**more, "standalone_mode": False})
        except click.ClickException as error:
            _complain(error.format_message())
            sys.exit(2)
        except NotSimulated as error:
            _complain(str(error))
            sys.exit(2)
        except (click.Abort, KeyboardInterrupt):
            sys.exit(INTERRUPTED)
        sys.exit(code if isinstance(code, int) else 0)


def _complain(sentence: str) -> None:
    click.echo(f"trailwarden: {' '.join(sentence.split())}", err=True)


@click.group(cls=Commands, context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100})
@click.version_option(package_name="trailwarden", prog_name="trailwarden")
def main() -> None:
    """Watch an AWS account's audit trail, and rehearse what happens on a simulated AWS."""
