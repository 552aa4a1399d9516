"""Security Hub as one value: findings that are imported, as strictly as AWS takes them.

Source: https://docs.aws.amazon.com/service-authorization/latest/reference/list_awssecurityhub.html
"""

from scenarios.cloud.authorization.rows import REST_JSON, Permissions, Place
from scenarios.cloud.kernel.recorded import Recorded
from scenarios.cloud.securityhub.findings import register
from scenarios.cloud.service import Service

_LINES = """
BatchImportFindings             =                         given(Findings[].ProductArn)
DescribeHub                     =                         hub(=)
EnableSecurityHub               =                         hub(=)
DisableSecurityHub              =                         hub(=)
"""


def _hub(place: Place, _: str) -> str:
    """The account's one hub in a region."""
    return f"arn:aws:securityhub:{place.region}:{place.account}:hub/default"


SERVICE = Service(
    name="securityhub",
    simulated="findings that are imported",
    missing="standards, controls, members, automation rules, the events that it sends of findings",
    permissions=Permissions(prefix="securityhub", denial=REST_JSON, lines=_LINES, kinds={"hub": _hub}),
    recorded=(Recorded(service="securityhub"),),
    register=register,
)
