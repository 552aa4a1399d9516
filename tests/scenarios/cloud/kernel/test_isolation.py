"""A rehearsal is the same whatever AWS settings its machine has."""

import os
import subprocess
import sys

from scenarios.cloud.kernel.isolation import without_aws_settings


def test_inside_no_aws_setting_is_seen_and_outside_they_are_back(monkeypatch):
    monkeypatch.setenv("AWS_PROFILE", "nobody")
    monkeypatch.setenv("BOTO_CONFIG", "/nowhere")

    with without_aws_settings():
        seen = {name for name in os.environ if name.startswith(("AWS_", "BOTO_"))}
        files = os.environ["AWS_CONFIG_FILE"]

    assert seen == {"AWS_CONFIG_FILE", "AWS_SHARED_CREDENTIALS_FILE", "AWS_EC2_METADATA_DISABLED"}
    assert files == os.devnull
    assert (os.environ["AWS_PROFILE"], os.environ["BOTO_CONFIG"]) == ("nobody", "/nowhere")


def test_a_profile_that_is_not_there_stops_no_scenario():
    settings = {"AWS_PROFILE": "nobody", "AWS_REGION": "eu-north-1", "AWS_ENDPOINT_URL": "http://127.0.0.1:9"}

    done = subprocess.run(
        [
            sys.executable,
            "-c",
            "from scenarios.commands.cli import main; main()",
            "run",
            "root_login",
            "--format",
            "json",
        ],
        env={**os.environ, **settings},
        capture_output=True,
        text=True,
        check=False,
    )

    assert done.returncode == 0, done.stderr
