"""Messages a second that log filter patterns take, beside moto's where moto reads the pattern at all.

    .venv/bin/python tests/bench/log_pattern.py

A plain script, not a test: what it prints depends on the machine.
"""

import json
import time
from collections.abc import Callable
from itertools import cycle, islice

from moto.logs.utils import EventMessageFilter, UnsupportedFilterPattern

from chalicelib.matching.logs.pattern import LogPattern

MESSAGES = 20_000
ROUNDS = 3

SIGN_IN_FAILURES = '{ ($.eventName = ConsoleLogin) && ($.errorMessage = "Failed authentication") }'
ROOT_USE = (
    '{ $.userIdentity.type = "Root" && $.userIdentity.invokedBy NOT EXISTS'
    ' && $.eventType != "AwsServiceEvent" }'
)
UNAUTHORIZED = '{ ($.errorCode="*UnauthorizedOperation") || ($.errorCode="AccessDenied*") }'
IAM_CHANGES = (
    "{"
    + "||".join(
        f"($.eventName={verb}{kind}Policy)"
        for kind in ("Group", "Role", "User")
        for verb in ("Delete", "Put", "Attach", "Detach")
    )
    + "}"
)
STATUS = "[ip, id, user, timestamp, request = *.html*, status = 4*, bytes > 500]"
SSHD = "[month, day, time, host, process, status = Invalid, ...]"


def record(number: int) -> str:
    """A CloudTrail record of ordinary size; one in a hundred is a failed sign-in."""
    failed = number % 100 == 0
    return json.dumps(
        {
            "eventVersion": "1.08",
            "userIdentity": {
                "type": "AssumedRole",
                "principalId": f"AROAEXAMPLE{number:08}:session",
                "arn": f"arn:aws:sts::111122223333:assumed-role/operations/session-{number}",
                "accountId": "111122223333",
                "sessionContext": {
                    "sessionIssuer": {"type": "Role", "arn": "arn:aws:iam::111122223333:role/operations"},
                    "attributes": {"creationDate": "2026-03-03T10:15:00Z", "mfaAuthenticated": "false"},
                },
            },
            "eventTime": "2026-03-03T10:15:01Z",
            "eventSource": "signin.amazonaws.com" if failed else "ec2.amazonaws.com",
            "eventName": "ConsoleLogin" if failed else "DescribeInstances",
            "awsRegion": "us-east-1",
            "sourceIPAddress": f"198.51.100.{number % 256}",
            "userAgent": "aws-cli/2.15.0 Python/3.11.6 Linux/5.10.0 exe/x86_64.amzn.2",
            "errorMessage": "Failed authentication" if failed else None,
            "requestParameters": {
                "instancesSet": {"items": [{"instanceId": f"i-{number:017x}"}]},
                "filterSet": {},
            },
            "responseElements": None,
            "requestID": f"{number:08x}-1111-2222-3333-444455556666",
            "eventID": f"{number:08x}-aaaa-bbbb-cccc-ddddeeeeffff",
            "readOnly": True,
            "eventType": "AwsApiCall",
            "managementEvent": True,
            "recipientAccountId": "111122223333",
            "eventCategory": "Management",
        }
    )


def access(number: int) -> str:
    """A line of a web server's access log."""
    status = (200, 404, 500)[number % 3]
    return (
        f"127.0.0.1 - frank [10/Oct/2000:13:25:15 -0700] "
        f'"GET /page-{number}.html HTTP/1.0" {status} {number % 3000}'
    )


def secure(number: int) -> str:
    """A line of a host's /var/log/secure."""
    return f"Mar  3 10:15:02 ip-10-0-0-5 sshd[{number}]: Invalid user admin from 203.0.113.7 port {number}"


CASES = [
    ("term", "Invalid", secure),
    ("two terms, one excluded", "Invalid -root", secure),
    ("regex: address", r"%\d{1,3}\.\d{1,3}\.\d{1,3}\.\d{1,3}%", secure),
    ("regex: two words", "%Invalid.*port 9+$%", secure),
    ("JSON: failed sign-ins", SIGN_IN_FAILURES, record),
    ("JSON: use of root", ROOT_USE, record),
    ("JSON: unauthorized calls", UNAUTHORIZED, record),
    ("JSON: 12 IAM changes", IAM_CHANGES, record),
    ("fields: access log", STATUS, access),
    ("fields: sshd", SSHD, secure),
]


def rate(matches: Callable[[str], bool], messages: list[str]) -> float:
    """The best of some rounds, in messages a second."""
    best = float("inf")
    for _ in range(ROUNDS):
        start = time.perf_counter()
        for message in messages:
            matches(message)
        best = min(best, time.perf_counter() - start)
    return len(messages) / best


def main() -> None:
    """Print a line for each case."""
    print(f"{'':26}{'messages/s':>12}{'moto':>12}{'matched':>10}")  # noqa: T201 - a script's output
    for name, text, make in CASES:
        messages = list(islice(cycle([make(number) for number in range(1_000)]), MESSAGES))
        pattern, peer = LogPattern(text), EventMessageFilter(text)
        matched = sum(map(pattern.matches, messages)) / len(messages)
        reads = not isinstance(peer.filter_type, UnsupportedFilterPattern)
        theirs = f"{rate(peer.matches, messages):12,.0f}" if reads else f"{'unread':>12}"
        print(f"{name:26}{rate(pattern.matches, messages):12,.0f}{theirs}{matched:10.1%}")  # noqa: T201


if __name__ == "__main__":
    main()
