"""How CloudTrail records Organizations."""

from scenarios.cloud.kernel.recorded import Recorded

RECORDED = Recorded(service="organizations", one_endpoint=True)
