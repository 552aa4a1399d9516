"""How CloudTrail records Secrets Manager."""

from scenarios.cloud.kernel.recorded import Recorded, Style

RECORDED = Recorded(service="secretsmanager", style=Style(mask=""))
