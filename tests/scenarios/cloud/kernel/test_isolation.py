"""A rehearsal is the same whatever AWS settings its machine has."""

import os
import subprocess
import sys

import pytest

from scenarios.cloud.kernel.isolation import encoded, exchange_variables, without_aws_settings
from scenarios.incidents.root_login import SCENARIO
from scenarios.runner.run import run


def test_inside_no_aws_setting_is_seen_and_outside_they_are_back(monkeypatch):
    monkeypatch.setenv("AWS_PROFILE", "nobody")
    monkeypatch.setenv("BOTO_CONFIG", "/nowhere")

    with without_aws_settings():
        seen = {name for name in os.environ if name.startswith(("AWS_", "BOTO_"))}
        files = os.environ["AWS_CONFIG_FILE"]

    assert seen == {"AWS_CONFIG_FILE", "AWS_SHARED_CREDENTIALS_FILE", "AWS_EC2_METADATA_DISABLED"}
    assert files == os.devnull
    assert (os.environ["AWS_PROFILE"], os.environ["BOTO_CONFIG"]) == ("nobody", "/nowhere")


def test_variables_are_exchanged_for_processes_too(monkeypatch):
    monkeypatch.setenv("OURS", "1")
    before = dict(os.environ)
    told = "import os; print(sorted(name for name in ('OURS', 'THEIRS') if name in os.environ))"
    kept = exchange_variables(encoded({"THEIRS": "2", "PYTHONPATH": ""}))
    try:
        seen = dict(os.environ)
        heard = subprocess.run([sys.executable, "-c", told], check=True, capture_output=True)
    finally:
        exchange_variables(kept)

    assert seen == {"THEIRS": "2", "PYTHONPATH": ""}
    assert heard.stdout.strip() == b"['THEIRS']"
    assert dict(os.environ) == before
    assert os.environ.get("THEIRS") is None


@pytest.mark.slow
@pytest.mark.parametrize(
    "name",
    [
        pytest.param("AWS_PROFILE", id="a profile that is not there"),
        pytest.param("AWS_REGION", id="a region that is none"),
        pytest.param("AWS_ENDPOINT_URL", id="an endpoint that nobody serves"),
    ],
)
def test_no_setting_of_the_machine_reaches_a_scenario(monkeypatch, name):
    monkeypatch.setenv(name, "http://127.0.0.1:9")

    report = run(SCENARIO)

    assert report.passed
