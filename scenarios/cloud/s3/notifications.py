"""S3 GetBucketNotificationConfiguration: moto leaves out that EventBridge is switched on.

Source: https://docs.aws.amazon.com/AmazonS3/latest/API/API_GetBucketNotificationConfiguration.html
"""

from typing import Any

from scenarios.cloud.calls import Asked
from scenarios.cloud.kernel import moto_state
from scenarios.cloud.kernel.errors import NotSimulated, Refused
from scenarios.cloud.setting import Setting


class Notifications:
    """Where each bucket sends its events."""

    def __init__(self, setting: Setting) -> None:
        self._setting = setting
        setting.calls.answer("s3", "GetBucketNotificationConfiguration", self._answer)

    def _answer(self, asked: Asked) -> dict[str, Any]:
        bucket = moto_state.bucket(self._setting.account, asked.parameters["Bucket"])
        if bucket is None:
            raise Refused("NoSuchBucket", "The specified bucket does not exist", 404)
        told = bucket.notification_configuration
        if told is None:
            return {}
        if told.topic or told.queue or told.cloud_function:
            raise NotSimulated("s3", "a bucket that tells others than EventBridge")
        return {} if told.event_bridge is None else {"EventBridgeConfiguration": {}}
