"""How CloudTrail records CloudTrail."""

from scenarios.cloud.kernel.recorded import Recorded

RECORDED = Recorded(
    service="cloudtrail",
    history={
        "name": "AWS::CloudTrail::Trail",
        "trailName": "AWS::CloudTrail::Trail",
        "trailARN": "AWS::CloudTrail::Trail",
    },
)
