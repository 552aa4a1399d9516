"""How often somebody failed to log in, from the lines that sshd and pam wrote about it.

One connection logs several lines. What is counted is a wrong password; a connection in which none was written
down counts once. sshd and each pam module write about the same password, so that of them only the one that
wrote most counts. What a pam module wrote doesn't count where that user got in after all: another module
accepted the password.

Lines belong to one connection by process, port and time. pam doesn't write the port: its lines belong to the
connection of that process at that time.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from itertools import islice

from chalicelib.remediations.failed_login.bursts import Attempt
from chalicelib.remediations.failed_login.sshd import ACCEPTED, CONNECTION, PAM_ERROR, PASSWORD, LoginLine

# sshd's LoginGraceTime is 2 minutes; a pid that comes back later is another connection's.
# https://man.openbsd.org/sshd_config#LoginGraceTime
_PATIENCE = timedelta(minutes=5)


@dataclass(slots=True)
class _Connection:
    lines: list[LoginLine] = field(default_factory=list)
    port: str = ""

    def may_hold(self, line: LoginLine) -> bool:
        return line.at - self.lines[-1].at <= _PATIENCE and (
            not line.port or not self.port or line.port == self.port
        )

    def add(self, line: LoginLine) -> None:
        self.lines.append(line)
        self.port = self.port or line.port


def attempts(lines: Iterable[LoginLine], most: int) -> list[Attempt]:
    """One for each failure, in the order of their times; of one connection at most `most`."""
    failures = [
        failure for connection in _connections(lines) for failure in islice(_failures(connection), most)
    ]
    return sorted(failures, key=lambda failure: (failure.at, failure.process))


def _connections(lines: Iterable[LoginLine]) -> Iterator[Sequence[LoginLine]]:
    of_process: dict[str, list[_Connection]] = defaultdict(list)
    for line in sorted(lines, key=lambda line: (line.at, line.line_id)):
        connections = of_process[line.process]
        connection = next((one for one in reversed(connections) if one.may_hold(line)), None)
        if connection is None:
            connection = _Connection()
            connections.append(connection)
        connection.add(line)
    for connections in of_process.values():
        yield from (connection.lines for connection in connections)


def _failures(connection: Sequence[LoginLine]) -> Iterator[Attempt]:
    """One for each wrong password; one at the first line where none was written down; none if all got in."""
    got_in = {line.user for line in connection if line.speaks_of == ACCEPTED}
    written_by: dict[str, list[LoginLine]] = defaultdict(list)
    for line in connection:
        if line.speaks_of == ACCEPTED:
            continue
        module = line.speaks_of not in {PASSWORD, PAM_ERROR, CONNECTION}
        if module and got_in and (not line.user or line.user in got_in):
            continue
        written_by[line.speaks_of].append(line)
    if not written_by:
        return
    named = next((line.user for line in connection if line.user), "")
    without = written_by.pop(CONNECTION, [])[:1]
    told = max(written_by.values(), key=lambda lines: sum(line.times for line in lines), default=without)
    for line in told:
        for _ in range(line.times):
            yield Attempt(process=line.process, at=line.at, host=line.host, user=line.user or named)
