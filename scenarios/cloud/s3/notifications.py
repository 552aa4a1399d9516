"""Whom a bucket tells: S3 tries each destination first; moto leaves out that EventBridge is switched on.

Sources: https://docs.aws.amazon.com/AmazonS3/latest/API/API_GetBucketNotificationConfiguration.html,
https://docs.aws.amazon.com/AmazonS3/latest/API/API_PutBucketNotificationConfiguration.html
"""

from typing import Any

from scenarios.cloud.calls import Asked
from scenarios.cloud.kernel import moto_state
from scenarios.cloud.kernel.arns import service_of
from scenarios.cloud.kernel.deliveries import Event, Message, Notification
from scenarios.cloud.kernel.errors import NotSimulated, Refused
from scenarios.cloud.setting import Setting

SERVICE = "s3.amazonaws.com"
# By kind: the parameter that names it, the service whose ARN that is, what it is tried with.
_DESTINATIONS = {
    "QueueConfigurations": ("QueueArn", "sqs", Message(body="")),
    "TopicConfigurations": ("TopicArn", "sns", Notification(text="")),
    "LambdaFunctionConfigurations": ("LambdaFunctionArn", "lambda", Event(content={})),
}


class Notifications:
    """Where each bucket sends its events."""

    def __init__(self, setting: Setting) -> None:
        self._setting = setting
        setting.calls.answer("s3", "GetBucketNotificationConfiguration", self._answer)
        setting.calls.check("s3", "PutBucketNotificationConfiguration", self._validate)

    def _validate(self, asked: Asked) -> None:
        """S3 tries each destination: it must be there, and let S3 in on behalf of the bucket."""
        if asked.parameters.get("SkipDestinationValidation"):
            return
        source = f"arn:aws:s3:::{asked.parameters['Bucket']}"
        given = asked.parameters["NotificationConfiguration"]
        for kind, (name, service, payload) in _DESTINATIONS.items():
            for each in given.get(kind, ()):
                arn = each[name]
                if service_of(arn) != service or self._setting.deliveries.refusal(
                    arn, payload, by=SERVICE, source=source
                ):
                    why = "Unable to validate the following destination configurations"
                    raise Refused("InvalidArgument", why)

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
