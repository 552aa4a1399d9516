"""A span validated in parts comes to what one judgement over the whole comes to, wherever the cuts fall."""

import random
from datetime import timedelta
from itertools import pairwise

import pytest
from botocore.exceptions import EndpointConnectionError
from freezegun import freeze_time

from chalicelib.errors import MayPass
from chalicelib.remediations.trail_validation import parts as trail_parts
from chalicelib.remediations.trail_validation.parts import AROUND, Part, next_slice, parts_of, validate_part
from chalicelib.trail.integrity.evidence import Window
from chalicelib.trail.integrity.keys import DigestKey
from chalicelib.trail.integrity.verdict import judge
from chalicelib.trail.reader import TrailBucket
from chalicelib.trail.stretch import gather
from tests.chalicelib.remediations.trail_on_s3 import BEGAN, BUCKET, HOME, HOUR, MINUTE, World
from tests.moto_alone import moto_alone
from tests.sample import in_turn

HOURS = 14
WHOLE = Window(
    since=BEGAN - MINUTE,
    until=BEGAN + HOURS * HOUR + MINUTE,
    now=BEGAN + (HOURS + 3) * HOUR,
)


@pytest.fixture
def world():
    with freeze_time(BEGAN) as time, moto_alone():
        world = World(time)
        world.delivers(hours=range(HOURS), logs=1)
        yield world


def the_chain(world):
    return DigestKey.parse(world.chains[HOME][0].key).chain


def whole_verdict(world):
    chain, bucket = the_chain(world), TrailBucket(world.s3, BUCKET)
    sight = (WHOLE.since - AROUND, WHOLE.until + AROUND)
    stretch = gather(world, bucket, chain, WHOLE, sight=sight)

    def read(name, key):
        got = bucket.get(name, key)
        return got[0] if got else None

    return judge(
        stretch.digests.values(),
        keys=stretch.ring,
        read=read,
        window=WHOLE,
        expected={chain: BUCKET},
        listing=stretch.listing,
    )


def in_parts(world, cuts):
    chain = the_chain(world)
    ends = [WHOLE.since, *cuts, WHOLE.until]
    results = []
    for since, until in pairwise(ends):
        part = Part(chain=chain, since=since, until=until)
        while True:
            results.append(validate_part(world, TrailBucket(world.s3, BUCKET), part, WHOLE))
            if results[-1].last:
                break
            part = next_slice(part)
    return results


def spoil(world, seed):
    """Several tamperings at once, anywhere in the span."""
    dice = random.Random(seed)
    for _ in range(dice.randint(1, 5)):
        # Half of it around midnight, where the folders of the days meet.
        near = slice(2, 7) if dice.random() < 0.5 else slice(None)
        digest = dice.choice(world.chains[HOME][near])
        log = dice.choice(world.logs[HOME][near])
        match dice.randrange(7):
            case 0:
                world.destroys(digest.key)
            case 1:
                world.deletes(digest.key)
            case 2:
                world.replaces(digest.key, digest.body)
            case 3:
                world.replaces(digest.key, b"junk")
            case 4:
                world.destroys(log)
            case 5:
                world.replaces(log, b"junk")
            case _:
                world.puts(log.replace(".json.gz", "")[:-16] + "EvilEvilEvilEvil.json.gz")


@pytest.mark.slow
@pytest.mark.parametrize("seed", in_turn(range(12), of=6))
def test_the_parts_findings_are_those_of_the_whole(world, seed, monkeypatch):
    spoil(world, seed)
    dice = random.Random(seed)
    monkeypatch.setattr(trail_parts, "LOGS_A_SLICE", dice.choice((1, 2, 1000)))
    before_midnight = BEGAN + 235 * MINUTE
    cuts = sorted(
        {
            before_midnight,
            *(BEGAN + dice.randrange(10, HOURS * 60) * MINUTE for _ in range(dice.randint(0, 4))),
        }
    )

    results = in_parts(world, cuts)

    whole = whole_verdict(world)
    assert sorted({finding.identity for result in results for finding in result.findings}) == sorted(
        finding.identity for finding in whole.findings
    )
    assert sum(result.digests for result in results) == whole.digests


@pytest.mark.slow
def test_a_sound_span_is_sound_in_parts(world):
    results = in_parts(world, [BEGAN + 5 * HOUR])

    assert [(result.digests, result.logs, dict(result.kinds)) for result in results] == [
        (5, 5, {}),
        (9, 9, {}),
    ]


@pytest.mark.parametrize("operation", ["get_object", "list_object_versions"])
def test_a_read_that_may_yet_succeed_fails_the_part_so_that_the_queue_shows_it_again(world, operation):
    world.s3.failing[operation] = EndpointConnectionError(endpoint_url="https://s3")
    part = Part(chain=the_chain(world), since=WHOLE.since, until=WHOLE.until)

    with pytest.raises((MayPass, EndpointConnectionError)):
        validate_part(world, TrailBucket(world.s3, BUCKET), part, WHOLE)


def test_a_span_is_cut_at_every_midnight(world):
    since = BEGAN  # 20:04:04 on the first of March

    parts = parts_of(the_chain(world), since, since + timedelta(days=2))

    assert [(part.since.day, part.since.hour, part.until.day) for part in parts] == [
        (1, 20, 2),
        (2, 0, 3),
        (3, 0, 3),
    ]
    assert parts[0].until == parts[1].since
