"""GuardDuty as one value: detectors as moto keeps them.

Source: https://docs.aws.amazon.com/service-authorization/latest/reference/list_amazonguardduty.html
"""

from scenarios.cloud.authorization.rows import REST_JSON, Permissions
from scenarios.cloud.kernel.recorded import Recorded
from scenarios.cloud.service import Service

_LINES = """
ListDetectors                   =                         *
CreateDetector                  =                         *
GetDetector                     =                         detector(DetectorId)
UpdateDetector                  =                         detector(DetectorId)
DeleteDetector                  =                         detector(DetectorId)
CreateFilter                    =                         filter(DetectorId,Name)
"""

SERVICE = Service(
    name="guardduty",
    simulated="detectors that are on, suspended and deleted",
    missing="findings and their events, members, lists of addresses",
    permissions=Permissions(prefix="guardduty", denial=REST_JSON, lines=_LINES),
    recorded=(Recorded(service="guardduty"),),
)
