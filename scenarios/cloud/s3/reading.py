"""What S3 says of an object that isn't there, and how little it says where a caller asks for that.

Whoever may not list a bucket learns of a missing object no more than of one that is forbidden: AccessDenied.
A quiet DeleteObjects tells its caller of failures alone.

Sources: https://docs.aws.amazon.com/AmazonS3/latest/API/API_GetObject.html (Permissions),
https://docs.aws.amazon.com/AmazonS3/latest/API/API_HeadObject.html,
https://docs.aws.amazon.com/AmazonS3/latest/API/API_DeleteObjects.html
"""

from typing import Any

from scenarios.cloud.authorization.rows import Asking, Place
from scenarios.cloud.calls import Asked
from scenarios.cloud.kernel import moto_state
from scenarios.cloud.kernel.errors import Refused
from scenarios.cloud.setting import Setting


class Reading:
    """Every bucket's answers to those who read and delete."""

    def __init__(self, setting: Setting) -> None:
        self._setting = setting
        setting.calls.check("s3", "GetObject", self._may_know_it_is_gone)
        setting.calls.check("s3", "HeadObject", self._may_know_it_is_gone)
        setting.calls.in_every_account("s3", "HeadObject", "DeleteObjects")
        setting.calls.tell("s3", "DeleteObjects", _quietly)

    def _may_know_it_is_gone(self, asked: Asked) -> None:
        bucket, key = asked.parameters["Bucket"], asked.parameters["Key"]
        account = self._setting.account
        if moto_state.bucket(account, bucket) is None:
            return  # S3 says so
        if moto_state.object_version(account, bucket, key, asked.parameters.get("VersionId")) is not None:
            return
        listing = Asking(
            operation="ListObjectsV2",
            parameters={"Bucket": bucket},
            place=Place(region=asked.region, account=asked.caller.account),
            caller=asked.caller.arn,
            action="s3:ListBucket",
            resource=f"arn:aws:s3:::{bucket}",
        )
        ask = self._setting.actions.keys("s3", listing)
        if self._setting.identity.judge(asked.caller, listing.action, listing.resource, ask=ask).allowed:
            return
        if asked.operation == "HeadObject":  # without a body there is no code but the status
            raise Refused("403", "Forbidden", 403)
        raise Refused("AccessDenied", "Access Denied", 403)


def _quietly(asked: Asked, response: dict[str, Any]) -> dict[str, Any]:
    if not asked.parameters["Delete"].get("Quiet"):
        return response
    return {name: value for name, value in response.items() if name != "Deleted"}
