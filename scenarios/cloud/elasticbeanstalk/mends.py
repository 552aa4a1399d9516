"""What moto gets wrong of Elastic Beanstalk: an environment has an id, `e-` and ten letters or digits.

Source: https://docs.aws.amazon.com/elasticbeanstalk/latest/dg/using-features.logging.html
"""

from typing import Any

import moto.elasticbeanstalk.models as beanstalk_models
from moto.moto_api._internal import mock_random

from scenarios.cloud.kernel.moto_mends import Mend

_create = beanstalk_models.Application.create_environment


def _create_environment(application: Any, **given: Any) -> Any:
    made = _create(application, **given)
    made.environment_id = f"e-{mock_random.get_random_string(length=10, lower_case=True)}"
    return made


MENDS: tuple[Mend, ...] = ((beanstalk_models.Application, "create_environment", _create_environment),)
