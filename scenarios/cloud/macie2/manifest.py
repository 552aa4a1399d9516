"""Macie as one value: whether it is on.

Source: https://docs.aws.amazon.com/service-authorization/latest/reference/list_amazonmacie.html
"""

from scenarios.cloud.authorization.rows import REST_JSON, Permissions
from scenarios.cloud.kernel.recorded import Recorded
from scenarios.cloud.macie2.mends import MENDS
from scenarios.cloud.macie2.sessions import register
from scenarios.cloud.service import Service

_LINES = """
EnableMacie                     =                         *
GetMacieSession                 =                         *
UpdateMacieSession              =                         *
DisableMacie                    =                         *
"""

SERVICE = Service(
    name="macie2",
    simulated="Macie that is enabled, paused and disabled",
    missing="what Macie finds, jobs, members",
    permissions=Permissions(prefix="macie2", denial=REST_JSON, lines=_LINES),
    recorded=(Recorded(service="macie2"),),
    mends=MENDS,
    register=register,
)
