"""The SAM transform is imported when a template first needs it, which may be while time is simulated."""

import subprocess
import sys

import pytest

from tests.project import PROJECT

RUN = """
import json
from scenarios.cloud.deployment import Deployment
from scenarios.cloud.world import World
sam = {
    "Transform": "AWS::Serverless-2016-10-31",
    "Resources": {"Table": {"Type": "AWS::Serverless::SimpleTable"}},
}
with World(Deployment(template="")) as world:
    stacks = world.client(world.user("ann"), "cloudformation")
    asked = {"TemplateBody": json.dumps(sam), "Capabilities": ["CAPABILITY_AUTO_EXPAND"]}
    stacks.create_stack(StackName="app", **asked)
    world.run(60)
    print(stacks.describe_stacks()["Stacks"][0]["StackStatus"])
"""


@pytest.mark.slow
def test_the_first_template_of_a_process_may_come_while_a_world_runs():
    done = subprocess.run(
        [sys.executable, "-c", RUN], capture_output=True, text=True, cwd=PROJECT, check=False, timeout=120
    )

    assert done.stdout == "CREATE_COMPLETE\n", done.stderr[-2000:]
