"""The command `trailwarden validate-trail`, asked about the trail of `trail_endpoint`."""

import json

from click.testing import CliRunner

from scenarios.commands.cli import main
from tests.scenarios.commands.trail_endpoint import ARN

SINCE, UNTIL = "2024-02-28T21:00:00Z", "2024-02-29T03:00:00Z"
TIMES = ("--trail-arn", ARN, "--start-time", SINCE, "--end-time", UNTIL)


def validate(*arguments):
    return CliRunner().invoke(main, ["validate-trail", *(arguments or TIMES)])


def told(*arguments):
    """The findings' kinds, the summary, and the exit code."""
    result = validate(*(arguments or TIMES), "--format", "json")
    lines = [json.loads(line) for line in result.stdout.splitlines()]
    return (
        [line["finding"]["what"] for line in lines if "finding" in line],
        lines[-1]["summary"],
        result.exit_code,
    )
