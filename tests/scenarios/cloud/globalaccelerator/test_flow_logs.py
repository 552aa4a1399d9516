"""What passes an accelerator is in files of five minutes, in a bucket that lets AWS's log delivery in."""

import re

import pytest

from scenarios.cloud.kernel.errors import NotSimulated, WorldError
from scenarios.runner.words.accelerators import Accelerator, passes
from scenarios.service_logs import GLOBAL_ACCELERATOR
from tests.scenarios.cloud.log_files import asked, delivered, files
from tests.scenarios.cloud.small_worlds import ACCOUNT, admin, queue, world

FRONT = Accelerator(id="1234abcd-front", bucket="flows")
CLOSED = Accelerator(id="1234abcd-closed", bucket="closed", may_deliver=False)


@pytest.fixture(scope="module")
def cloud():
    with world(queue()) as made:
        for each in (FRONT, CLOSED):
            admin(made, "s3").create_bucket(Bucket=each.bucket)
            each.there().do(made)
        yield made


@pytest.mark.slow
def test_sql_reads_what_passed_in_five_minutes(cloud):
    before = cloud.clock.now
    passes(FRONT, "203.0.113.66", [443, 22], sent=3000).do(cloud)
    passes(CLOSED, "203.0.113.66", [443]).do(cloud)
    cloud.run(300 + 3600)

    ((key, text),) = files(cloud, "flows").items()
    folder, _, name = key.rpartition("/")
    assert folder == f"flow/AWSLogs/{ACCOUNT}/globalaccelerator/us-west-2/{before:%Y/%m/%d}"
    stem = rf"{ACCOUNT}_globalaccelerator_1234abcd-front_{before:%Y%m%dT%H}05Z_[0-9a-f]{{7}}\.log\.gz"
    assert re.fullmatch(stem, name)
    assert text.splitlines()[0] == " ".join(each.name for each in GLOBAL_ACCELERATOR.fields)
    sql = (
        "SELECT clientip, gipport, direction, numbytes, endtime - starttime FROM aga_flow_logs ORDER BY 2, 3"
    )
    assert asked(cloud, delivered(cloud, "flows"), sql) == [
        ("203.0.113.66", "22", "EGRESS", "1600", "60"),
        ("203.0.113.66", "22", "INGRESS", "3000", "60"),
        ("203.0.113.66", "443", "EGRESS", "1600", "60"),
        ("203.0.113.66", "443", "INGRESS", "3000", "60"),
    ]
    assert not files(cloud, "closed")
    assert any(each.kind == "lost" and "2 records of" in each.words for each in cloud.setting.trace)


def test_an_accelerator_that_is_not_there_is_an_error_of_the_scenario(cloud):
    with pytest.raises(WorldError, match="no accelerator none"):
        passes(Accelerator(id="none", bucket=""), "203.0.113.66", [443]).do(cloud)


def test_its_calls_are_loud(cloud):
    with pytest.raises(NotSimulated):
        admin(cloud, "globalaccelerator", "us-west-2").list_accelerators()
