"""Images are not made before somebody looks for them; then they are all there."""

import os
import subprocess
import sys

import pytest
from moto import mock_aws
from moto.ec2.exceptions import InvalidAMIIdError

from scenarios.cloud.deployment import ACCOUNT
from scenarios.cloud.ec2.mends import MENDS
from scenarios.cloud.kernel import moto_hooks, moto_state
from tests.project import PROJECT
from tests.scenarios.cloud.small_worlds import HOME

COMMON = "ami-12c6146b"
LEFT_TO_CHANCE = {"ec2_backend", "ebs_snapshot", "creation_date"}  # that of some images is when they are made


def ec2():
    return moto_state.backend("ec2", ACCOUNT, HOME)


def facts(image):
    return {name: value for name, value in vars(image).items() if name not in LEFT_TO_CHANCE}


@pytest.fixture(scope="module")
def motos():
    """What moto alone says of each image."""
    with mock_aws():
        return {image.id: facts(image) for image in ec2().describe_images()}


@pytest.fixture
def only_here(motos):
    """An image that moto has in this region only."""
    return list(motos)[-1]


@pytest.fixture
def cloud():
    with moto_hooks.moto_without_physics(0, MENDS):
        yield ec2()


@pytest.mark.slow
def test_who_asks_for_a_common_image_waits_for_no_others(cloud, motos):
    (found,) = cloud.describe_images(ami_ids=[COMMON])

    assert facts(found) == motos[COMMON]
    assert 0 < len(cloud.amis) < len(motos) / 10


@pytest.mark.slow
def test_who_asks_for_all_hears_of_those_that_moto_has(cloud, motos):
    assert {image.id: facts(image) for image in cloud.describe_images()} == motos


@pytest.mark.slow
@pytest.mark.parametrize(
    "asked",
    [
        pytest.param(lambda name: {"ami_ids": [name]}, id="by id"),
        pytest.param(lambda name: {"filters": {"image-id": [name]}}, id="by a filter"),
        pytest.param(lambda name: {"filters": {"image-id": name}}, id="by a filter of moto's own"),
    ],
)
def test_an_image_of_this_region_only_is_found(cloud, only_here, asked):
    (found,) = cloud.describe_images(**asked(only_here))

    assert found.id == only_here


@pytest.mark.slow
def test_an_image_of_this_region_only_can_be_switched_off(cloud, only_here):
    cloud.disable_image(only_here)

    (found,) = cloud.describe_images(ami_ids=[only_here])
    assert found.state == "disabled"


@pytest.mark.slow
def test_moto_alone_goes_on_as_before(motos):
    with moto_hooks.moto_without_physics(0, MENDS):
        ec2()

    with mock_aws():
        assert ec2().amis.keys() == motos.keys()
        assert {image.id: facts(image) for image in ec2().describe_images()} == motos


WITHOUT_EC2 = """
import os, sys
import scenarios.cloud.services
from moto.ssm.models import ec2_backends

print("moto.ec2" in sys.modules)
del os.environ["AWS_PROFILE"]  # as in a world
asked = ec2_backends["123456789012"]["us-east-1"]

from moto.ec2 import ec2_backends as real
print(asked is real["123456789012"]["us-east-1"])
"""


@pytest.mark.slow
def test_the_simulated_aws_is_loaded_without_motos_ec2_and_under_any_profile():
    """moto's EC2 takes seconds to import, and reads the AWS settings of the machine then.

    moto's Systems Manager asks for it where a command names its instances by a tag.
    """
    told = subprocess.run(
        [sys.executable, "-c", WITHOUT_EC2],
        env={**os.environ, "PYTHONPATH": str(PROJECT), "AWS_PROFILE": "nobody"},
        capture_output=True,
        text=True,
        check=True,
    )

    assert told.stdout == "False\nTrue\n"


@pytest.mark.slow
def test_what_is_deregistered_stays_so(cloud, motos, only_here):
    for name in (COMMON, only_here):
        cloud.deregister_image(name)

    assert {image.id for image in cloud.describe_images()} == set(motos) - {COMMON, only_here}


@pytest.mark.slow
def test_each_image_has_a_snapshot(cloud, motos):
    described = {each.id for each in cloud.describe_snapshots()}

    assert described == {image.ebs_snapshot.id for image in cloud.describe_images()}
    assert len(described) == len(motos)


@pytest.mark.slow
def test_an_image_that_is_nowhere_is_refused(cloud):
    with pytest.raises(InvalidAMIIdError):
        cloud.describe_images(ami_ids=["ami-00000000000000000"])
