"""What moto gets wrong of Route 53: the ids of hosted zones begin with a `Z`.

By it Logs Insights knows the lines of query logs. Source:
https://docs.aws.amazon.com/Route53/latest/DeveloperGuide/query-logs.html
"""

from typing import Any

import moto.route53.models as route53_models

from scenarios.cloud.kernel.moto_mends import Mend

_drawn = route53_models.create_route53_zone_id


def _zone_id(**how: Any) -> str:
    return f"Z{_drawn(**how)[1:]}"


MENDS: tuple[Mend, ...] = ((route53_models, "create_route53_zone_id", _zone_id),)
