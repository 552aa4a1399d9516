"""Rotation: Secrets Manager has a function make, set, test and take over a new version of a secret.

The four steps are four invocations, each behind the one before it. A step that fails ends the attempt; the
rotation is tried again, AWS names no pace: here after 1, 2, 4 and 8 minutes, then it is abandoned. A rotation
by schedule begins within the first hour of its window.

Sources, below https://docs.aws.amazon.com/secretsmanager/latest/:
userguide/rotate-secrets_lambda-functions.html (the steps, AWSPENDING), apireference/API_RotateSecret.html,
userguide/rotate-secrets_schedule.html, userguide/cloudtrail_log_entries.html (events of the service),
userguide/troubleshoot_rotation.html
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import partial
from typing import Any, Final

from scenarios.cloud.asked import Asked
from scenarios.cloud.cloudtrail.trail import CloudTrail
from scenarios.cloud.functions.invocations import Invocation, in_brief
from scenarios.cloud.functions.service import Functions
from scenarios.cloud.kernel import moto_lambda, moto_secrets
from scenarios.cloud.kernel.caller import ApiCall
from scenarios.cloud.kernel.errors import Refused
from scenarios.cloud.kernel.processes import Pause, Process, Work
from scenarios.cloud.kernel.stack import Stack
from scenarios.cloud.kernel.texts import is_true
from scenarios.cloud.schedules import InvalidSchedule, Schedule
from scenarios.cloud.setting import Setting

SERVICE: Final = "secretsmanager.amazonaws.com"
STEPS: Final = ("createSecret", "setSecret", "testSecret", "finishSecret")
PENDING, CURRENT = "AWSPENDING", "AWSCURRENT"
RETRIES_AFTER_SECONDS: Final = (60, 120, 240, 480)
STEP_SECONDS: Final = 1.0
_HOUR: Final = 3600


@dataclass(slots=True)
class _Rotation:
    """How a secret rotates: its function and its schedule. `turn`: what an older one arranged is void."""

    function: str
    rules: Mapping[str, Any] = field(default_factory=dict)
    last: datetime | None = None
    turn: int = 0
    process: Process | None = None


class Rotations:
    """The rotations of the account, by the secret's ARN."""

    def __init__(self, setting: Setting) -> None:
        self._setting = setting
        self._every: dict[str, _Rotation] = {}
        self._declared: dict[str, Mapping[str, Any]] = {}
        calls = setting.calls
        calls.answer("secretsmanager", "RotateSecret", self._asked)
        calls.answer("secretsmanager", "CancelRotateSecret", self._cancelled)
        calls.after("secretsmanager", "UpdateSecretVersionStage", self._moved)
        calls.tell("secretsmanager", "DescribeSecret", self._described)

    def know(self, stacks: Sequence[Stack]) -> None:
        """Take over the schedules that stacks declare; a new one rotates at once, if it doesn't say no."""
        for stack in stacks:
            for each in stack.of_type("AWS::SecretsManager::RotationSchedule"):
                given = each.properties
                if self._declared.get(each.physical_id) == given:
                    continue
                self._declared[each.physical_id] = dict(given)
                secret = moto_secrets.secret(self._setting.account, stack.region, str(given["SecretId"]))
                if secret is not None:
                    self._arrange(secret, given.get("RotationLambdaARN"), _rules(given.get("RotationRules")))
                    if is_true(given.get("RotateImmediatelyOnUpdate", True)):
                        self._begin(secret, self._setting.new_uuid("secretsmanager.version"))

    # ---- the API ----------------------------------------------------------------------------------

    def _asked(self, asked: Asked) -> dict[str, Any]:
        secret, given = self._secret(asked), asked.parameters
        function = given.get("RotationLambdaARN") or secret.rotation_lambda_arn
        if not function:
            raise Refused(
                "InvalidRequestException",
                "No Lambda rotation function ARN is associated with this secret.",
            )
        _check_rules(given.get("RotationRules") or {})
        self._may_invoke(function, secret)
        if _unfinished(secret):
            raise Refused(
                "InvalidRequestException",
                "A previous rotation isn't complete. That rotation will be reattempted.",
            )
        token = str(given.get("ClientRequestToken") or self._setting.new_uuid("secretsmanager.version"))
        self._arrange(secret, str(function), given.get("RotationRules") or {})
        if given.get("RotateImmediately", True):
            self._begin(secret, token)
        else:
            self._try(secret, token)
        return {"ARN": secret.arn, "Name": secret.name, "VersionId": token}

    def _cancelled(self, asked: Asked) -> dict[str, Any]:
        """Nothing rotates any more; a version that is pending stays so."""
        secret = self._secret(asked)
        found = self._every.pop(secret.arn, None)
        if found is not None and found.process is not None:
            found.process.stop()
        secret.rotation_enabled = False
        return {"ARN": secret.arn, "Name": secret.name}

    def _secret(self, asked: Asked) -> Any:
        name = str(asked.parameters["SecretId"])
        secret = moto_secrets.secret(self._setting.account, asked.region, name)
        if secret is None:
            raise Refused("ResourceNotFoundException", "Secrets Manager can't find the specified secret.")
        if secret.deleted_date is not None:
            raise Refused(
                "InvalidRequestException",
                "You can't perform this operation on the secret because it was marked for deletion.",
            )
        return secret

    def _may_invoke(self, function: str, secret: Any) -> None:
        region = str(secret.region)
        if moto_lambda.lambda_function(self._setting.account, region, function) is None:
            raise Refused("ResourceNotFoundException", f"Resource not found for ARN '{function}'.")
        context = {"aws:SourceAccount": self._setting.account, "aws:SourceArn": str(secret.arn)}
        action = "lambda:InvokeFunction"
        if not self._setting.identity.service_may(SERVICE, action, function, context).allowed:
            raise Refused(
                "AccessDeniedException",
                "Secrets Manager cannot invoke the specified Lambda function. Ensure that the function "
                f"policy grants access to the principal {SERVICE}.",
            )

    def _moved(self, call: ApiCall) -> None:
        """The version that a reader gets by default is the one that is current; moto leaves the old one."""
        secret = moto_secrets.secret(self._setting.account, call.region, str(call.parameters["SecretId"]))
        if secret is not None:
            current = [
                each for each, version in secret.versions.items() if CURRENT in version["version_stages"]
            ]
            if current:
                secret.set_default_version_id(current[0])

    def _described(self, _: Asked, response: dict[str, Any]) -> dict[str, Any]:
        """What moto doesn't keep of the schedule."""
        found = self._every.get(str(response.get("ARN")))
        if found is None:
            return response
        told: dict[str, Any] = {**response, "RotationEnabled": True, "RotationLambdaARN": found.function}
        if found.rules:
            told["RotationRules"] = dict(found.rules)
        upcoming = _next(found, self._setting.clock.now)
        if upcoming is not None:
            told["NextRotationDate"] = upcoming
        if found.last is not None:
            told["LastRotatedDate"] = found.last
        return told

    # ---- schedules --------------------------------------------------------------------------------

    def _arrange(self, secret: Any, function: str | None, rules: Mapping[str, Any]) -> None:
        known = self._every.get(secret.arn)
        ruled = rules or (known.rules if known else {})
        kept = known.turn + 1 if known else 0
        found = _Rotation(function or secret.rotation_lambda_arn, ruled, known.last if known else None, kept)
        self._every[secret.arn] = found
        secret.rotation_requested = secret.rotation_enabled = True
        secret.rotation_lambda_arn = found.function
        secret.auto_rotate_after_days = int(ruled.get("AutomaticallyAfterDays", 0))
        self._arrange_next(secret, found)

    def _arrange_next(self, secret: Any, rotation: _Rotation) -> None:
        due, turn = _next(rotation, self._setting.clock.now), rotation.turn
        if due is None:
            return

        def come_due() -> None:
            if self._every.get(secret.arn) is rotation and rotation.turn == turn:
                rotation.last = self._setting.clock.now
                self._arrange_next(secret, rotation)
                if secret.deleted_date is None and not _unfinished(secret):
                    self._begin(secret, self._setting.new_uuid("secretsmanager.version"))

        late = self._setting.random("secretsmanager.window").uniform(0, _HOUR)
        self._setting.clock.at(due + timedelta(seconds=late), come_due, f"rotation of {secret.name}")

    # ---- the four steps ---------------------------------------------------------------------------

    def _begin(self, secret: Any, token: str) -> None:
        """Let a new version be pending, and have the function make it."""
        _let_pend(secret, token, self._setting.clock.now)
        self._carry_out(secret, self._rotate(secret, token))

    def _try(self, secret: Any, token: str) -> None:
        """Test the function with a version that is taken away again.

        https://docs.aws.amazon.com/secretsmanager/latest/apireference/API_RotateSecret.html#SecretsManager-RotateSecret-request-RotateImmediately
        """
        current = secret.versions[secret.default_version_id]
        texts = {name: current[name] for name in ("secret_string", "secret_binary") if name in current}
        _let_pend(secret, token, self._setting.clock.now, texts)

        def work() -> Work:
            yield Pause(STEP_SECONDS)
            self._step("testSecret", secret, token)
            secret.versions.pop(token, None)

        self._carry_out(secret, work())

    def _carry_out(self, secret: Any, work: Work) -> None:
        def done(_: Any, error: Exception | None) -> None:
            if error is not None:
                raise error  # it handles its own: this is a fault of ours

        process = Process(self._setting.clock, work, done, f"rotation of {secret.name}")
        self._every[secret.arn].process = process
        process.start()

    def _rotate(self, secret: Any, token: str) -> Work:
        self._tell("RotationStarted", secret)
        for attempt, pause in enumerate((*RETRIES_AFTER_SECONDS, None), 1):
            failed = ""
            for step in STEPS:
                yield Pause(STEP_SECONDS)
                failed = self._step(step, secret, token, attempt)
                if failed:
                    break
            if not failed:
                self._succeeded(secret)
                return
            self._setting.note("rotation", f"{secret.name}: {failed}")
            self._tell("RotationFailed", secret)
            if pause is not None:
                yield Pause(pause)
        self._tell("RotationAbandoned", secret)

    def _step(self, step: str, secret: Any, token: str, attempt: int = 1) -> str:
        """Invoke the function for a step; why it failed, "" where it did not."""
        setting, rotation = self._setting, self._every[secret.arn]
        functions, arn, region = setting.laws[Functions], rotation.function, str(secret.region)
        try:
            self._may_invoke(arn, secret)
        except Refused as refused:
            return f"{step}: {refused.message}"
        setting.calls.by_service(
            SERVICE,
            "lambda",
            "Invoke",
            {"FunctionName": arn, "InvocationType": "RequestResponse"},
            region=region,
        )
        invocation = Invocation(
            arn=arn,
            event={"Step": step, "SecretId": str(secret.arn), "ClientRequestToken": token},
            request_id=setting.new_uuid("lambda.request"),
            accepted=setting.clock.now,
            attempts=attempt,
            number=functions.next_number(),
            waited_for=True,
        )
        result = functions.run(invocation)
        return f"{step}: {in_brief(result.error)}" if result.error else ""

    def _succeeded(self, secret: Any) -> None:
        self._every[secret.arn].last = self._setting.clock.now
        secret.last_rotation_date = int(self._setting.clock.now.timestamp())
        self._setting.note("rotation", f"{secret.name} rotated")
        self._tell("RotationSucceeded", secret)

    def _tell(self, name: str, secret: Any) -> None:
        """An event of the service's own, as CloudTrail records it."""
        setting = self._setting
        record = {
            "eventVersion": "1.11",
            "userIdentity": {"accountId": setting.account, "invokedBy": SERVICE},
            "eventTime": f"{setting.clock.now:%Y-%m-%dT%H:%M:%SZ}",
            "eventSource": SERVICE,
            "eventName": name,
            "awsRegion": str(secret.region),
            "sourceIPAddress": SERVICE,
            "userAgent": SERVICE,
            "requestParameters": None,
            "responseElements": None,
            "additionalEventData": {"SecretId": str(secret.arn)},
            "eventID": setting.new_uuid("secretsmanager.event"),
            "readOnly": False,
            "eventType": "AwsServiceEvent",
            "managementEvent": True,
            "recipientAccountId": setting.account,
            "eventCategory": "Management",
        }
        setting.clock.after(0, partial(setting.laws[CloudTrail].deliver, record), name)


def _unfinished(secret: Any) -> bool:
    """Whether a version is pending that is not current."""
    stages = (version["version_stages"] for version in secret.versions.values())
    return any(PENDING in each and CURRENT not in each for each in stages)


def _let_pend(secret: Any, token: str, now: datetime, texts: Mapping[str, Any] | None = None) -> None:
    """An empty version with the label AWSPENDING, which is taken from any other."""
    for version in secret.versions.values():
        version["version_stages"] = [each for each in version["version_stages"] if each != PENDING]
    secret.versions[token] = {
        "createdate": int(now.timestamp()),
        "version_id": token,
        "version_stages": [PENDING],
        **(texts or {}),
    }


def _rules(given: Any) -> dict[str, Any]:
    """A template's rules, whose numbers may be texts."""
    rules = dict(given or {})
    if "AutomaticallyAfterDays" in rules:
        rules["AutomaticallyAfterDays"] = int(rules["AutomaticallyAfterDays"])
    return rules


def _check_rules(rules: Mapping[str, Any]) -> None:
    both = [name for name in ("AutomaticallyAfterDays", "ScheduleExpression") if name in rules]
    if len(both) > 1:
        raise Refused("InvalidParameterException", "You can't specify both days and a schedule expression.")
    if not 1 <= int(rules.get("AutomaticallyAfterDays", 1)) <= 1000:
        raise Refused(
            "InvalidParameterException", "RotationRules.AutomaticallyAfterDays must be within 1-1000."
        )
    if "ScheduleExpression" in rules:
        try:
            Schedule(rules["ScheduleExpression"])
        except InvalidSchedule as error:
            raise Refused("InvalidParameterException", "The schedule expression is not valid.") from error


def _next(rotation: _Rotation, now: datetime) -> datetime | None:
    """When the next window begins; None without a schedule."""
    rules = rotation.rules
    if "AutomaticallyAfterDays" in rules:
        return now + timedelta(days=int(rules["AutomaticallyAfterDays"]))
    if "ScheduleExpression" in rules:
        return Schedule(rules["ScheduleExpression"]).next_after(now)
    return None
