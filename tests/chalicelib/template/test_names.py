"""A deploy under a name that is too long fails, and says why."""

import pytest
from moto import mock_aws

from chalicelib.template.names import LONGEST_HOME, LONGEST_SPOKE, not_longer_than
from chalicelib.template.spoke import spoke
from scenarios.cloud.kernel.errors import InvalidTemplate
from scenarios.packaging.sam import application, sam_template
from tests.scenarios.cloud.cloudformation.stacks import build


@pytest.mark.parametrize("most", [LONGEST_HOME, LONGEST_SPOKE])
def test_a_name_that_is_too_long_is_refused_with_the_limit(most):
    with mock_aws():
        build(not_longer_than(most), stack_name="x" * most)

        with pytest.raises(InvalidTemplate, match=f"StackNameHas{most}CharactersAtMost .*allowedPattern"):
            build(not_longer_than(most), stack_name="x" * (most + 1))


def test_both_templates_refuse_it():
    home, elsewhere = sam_template("prod")["Resources"], spoke(application().remediations)["Resources"]

    assert not_longer_than(LONGEST_HOME).items() <= home.items()
    assert not_longer_than(LONGEST_SPOKE).items() <= elsewhere.items()
