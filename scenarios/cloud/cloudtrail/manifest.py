"""CloudTrail as one value: what IAM, CloudTrail, CloudFormation and a world know of it."""

from scenarios.cloud.cloudtrail.laws import register
from scenarios.cloud.cloudtrail.mends import MENDS
from scenarios.cloud.cloudtrail.permissions import PERMISSIONS
from scenarios.cloud.cloudtrail.records.envelope import DETAIL_TYPES
from scenarios.cloud.cloudtrail.resources import KINDS
from scenarios.cloud.kernel.emitted import OF_EVERY_SERVICE, EmittedEvents
from scenarios.cloud.kernel.recorded import Recorded
from scenarios.cloud.kernel.validation import Validation
from scenarios.cloud.service import Service

SERVICE = Service(
    name="cloudtrail",
    simulated=(
        "records with the caller's identity; to EventBridge in the region of the call within two minutes, "
        "to log group and log files within minutes, as far as the policies of bucket, key, topic and role "
        "let it, and again for thirty days; topics told; digests signed by the hour with keys that each "
        "region rotates, backfill digests, a chain for each account of an organization; status; event "
        "selectors, basic and advanced, and the data events of objects, functions and tables; Insights, "
        "by a rule of our own; event history with its limits"
    ),
    missing=(
        "Lake, network activity events, Insights on data events, data events of further types; calls made "
        "in member accounts"
    ),
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
    direct=True,
    validation=Validation(
        code="ValidationException",
        own_words=("CreateTrail", "LookupEvents", "PutEventSelectors", "PutInsightSelectors", "UpdateTrail"),
    ),
    events=(EmittedEvents(source=OF_EVERY_SERVICE, detail_types=DETAIL_TYPES),),
    register=register,
)
