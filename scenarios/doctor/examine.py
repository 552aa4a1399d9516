"""The whole examination: read, check, in the order a reader wants it."""

from collections.abc import Iterator
from datetime import datetime

from scenarios.doctor.asking import Asker
from scenarios.doctor.bucket_checks import check_bucket
from scenarios.doctor.facts import AccountFacts, Missing
from scenarios.doctor.finding import DoctorFinding
from scenarios.doctor.recording_checks import check_recordings
from scenarios.doctor.stack_checks import check_stack
from scenarios.doctor.trail_checks import check_groups, check_regions, check_trail
from scenarios.doctor.trail_reader import read_account


def examine(asker: Asker, stack_name: str, now: datetime) -> tuple[DoctorFinding, ...]:
    """Hold the account against what the stack promises."""
    return tuple(findings(read_account(asker, stack_name), now))


def findings(facts: AccountFacts, now: datetime) -> Iterator[DoctorFinding]:
    """What the facts come to."""
    yield from check_stack(facts.stack)
    if isinstance(facts.stack.status, Missing):
        return  # without a stack nothing else was promised
    if facts.trail is not None:
        yield from check_trail(facts.trail, facts.stack, now)
    if facts.bucket is not None:
        yield from check_bucket(facts.bucket, facts.stack.account, facts.stack.region)
    yield from check_groups(facts.groups)
    yield from check_regions(facts)
    yield from check_recordings(facts)
