"""GuardDuty as one value: detectors as moto keeps them, and findings that a scenario has it make.

Source: https://docs.aws.amazon.com/service-authorization/latest/reference/list_amazonguardduty.html
"""

from scenarios.cloud.authorization.rows import REST_JSON, Permissions
from scenarios.cloud.guardduty.findings import register
from scenarios.cloud.kernel.emitted import EmittedEvents
from scenarios.cloud.kernel.recorded import Recorded
from scenarios.cloud.service import Service

_LINES = """
ListDetectors                   =                         *
CreateDetector                  =                         *
GetDetector                     =                         detector(DetectorId)
UpdateDetector                  =                         detector(DetectorId)
DeleteDetector                  =                         detector(DetectorId)
CreateFilter                    =                         filter(DetectorId,Name)
GetFindings                     =                         *
"""

SERVICE = Service(
    name="guardduty",
    simulated="detectors that are on, suspended and deleted; findings that a scenario makes, their events",
    missing="what GuardDuty finds by itself, members, lists of addresses",
    permissions=Permissions(prefix="guardduty", denial=REST_JSON, lines=_LINES),
    recorded=(Recorded(service="guardduty"),),
    events=(EmittedEvents(source="aws.guardduty", detail_types=("GuardDuty Finding",)),),
    register=register,
)
