"""In which order commands may stand, and how many there may be.

Sources: https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/CWL_QuerySyntax-Stats.html,
https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/CWL_QuerySyntax-Dedup.html
"""

from scenarios.queries.errors import MalformedQuery
from scenarios.queries.insights.syntax import Command, Dedup, Limit, Sort, Stats

MOST_STATS = 10


def check(commands: tuple[Command, ...]) -> None:
    """Raise MalformedQuery for the first command that may not stand where it does."""
    stats = [number for number, each in enumerate(commands) if isinstance(each, Stats)]
    if len(stats) > MOST_STATS:
        raise _at(commands[stats[MOST_STATS]], f"a query has at most {MOST_STATS} stats commands")
    last_stats = stats[-1] if stats else -1
    deduplicated = False
    for number, command in enumerate(commands):
        if deduplicated and not isinstance(command, Limit):
            raise _at(command, f"unexpected symbol found {command.word}")
        if number < last_stats and isinstance(command, (Sort, Limit)):
            raise _at(command, f"{command.word} must stand behind the last stats")
        deduplicated = deduplicated or isinstance(command, Dedup)


def _at(command: Command, message: str) -> MalformedQuery:
    return MalformedQuery(message, command.start, command.start + len(command.word) - 1)
