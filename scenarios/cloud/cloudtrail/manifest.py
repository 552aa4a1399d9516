"""CloudTrail, as one value."""

from scenarios.cloud.cloudtrail.laws import register
from scenarios.cloud.cloudtrail.mends import MENDS
from scenarios.cloud.cloudtrail.permissions import PERMISSIONS
from scenarios.cloud.cloudtrail.records.envelope import DETAIL_TYPES
from scenarios.cloud.cloudtrail.resources import KINDS
from scenarios.cloud.kernel.emitted import OF_EVERY_SERVICE, EmittedEvents
from scenarios.cloud.kernel.recorded import Recorded
from scenarios.cloud.service import Service

SERVICE = Service(
    name="cloudtrail",
    permissions=PERMISSIONS,
    recorded=(
        Recorded(
            service="cloudtrail",
            history={
                "name": "AWS::CloudTrail::Trail",
                "trailName": "AWS::CloudTrail::Trail",
                "trailARN": "AWS::CloudTrail::Trail",
            },
        ),
    ),
    kinds=KINDS,
    mends=MENDS,
    events=(EmittedEvents(source=OF_EVERY_SERVICE, detail_types=DETAIL_TYPES),),
    register=register,
)
