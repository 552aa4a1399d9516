"""What moto gets wrong for AWS Config: the name of its service-linked role.

Source: https://docs.aws.amazon.com/config/latest/developerguide/using-service-linked-roles.html
"""

from typing import Any, Final

import moto.iam.models as iam_models

_names: Final[Any] = iam_models
MENDS = ((_names, "SERVICE_NAME_CONVERSION", {**_names.SERVICE_NAME_CONVERSION, "config": "Config"}),)
