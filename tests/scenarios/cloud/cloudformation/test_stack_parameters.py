"""What CloudFormation makes of the stack's own parameters where they name what isn't there."""

from dataclasses import replace

import pytest

from scenarios.cloud.kernel.errors import InvalidTemplate
from scenarios.cloud.world import World
from scenarios.incidents import error_burst
from scenarios.runner.run import deployment_of


@pytest.mark.slow
def test_a_group_to_count_in_that_is_not_there_keeps_the_stack_from_being_made():
    nowhere = replace(error_burst.SCENARIO, before={})

    with (
        pytest.raises(InvalidTemplate, match=r"ErrorBurstFilter.*log group does not exist"),
        World(deployment_of(nowhere)),
    ):
        pass


@pytest.mark.slow
def test_where_no_group_is_named_nothing_is_counted():
    with World(deployment_of(replace(error_burst.SCENARIO, before={}, parameters=()))) as world:
        assert not {"ErrorBurstFilter", "ErrorBurstAlarm"} & world.home.resources.keys()
