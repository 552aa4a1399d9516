"""Export tasks: a log group's events, as gzip files in a bucket.

Logs asks the bucket's policy as `logs.REGION.amazonaws.com`, writes a test object, and works the task off
later. An account and region has one active task. Log data can take up to twelve hours until it can be
exported: here it always takes twelve hours, so that code that relies on less finds events missing. The
lines of a file are in the order of time, which AWS doesn't promise.

Sources: https://docs.aws.amazon.com/AmazonCloudWatchLogs/latest/APIReference/API_CreateExportTask.html,
https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/S3Export.html,
https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/S3ExportTasks.html. How long a task waits and runs,
and the words of most refusals, are unconfirmed.
"""

import gzip
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

from scenarios.cloud.asked import Asked
from scenarios.cloud.kernel import moto_s3, moto_state
from scenarios.cloud.kernel.deliveries import Missing, Object, Refusal
from scenarios.cloud.kernel.errors import Refused
from scenarios.cloud.kernel.moments import iso_milliseconds
from scenarios.cloud.kernel.paging import of_logs
from scenarios.cloud.logs.events import LogEvent, group_named, invalid, milliseconds, no_such_group
from scenarios.cloud.logs.search import Search
from scenarios.cloud.setting import Setting

SERVICE = "logs.amazonaws.com"
EXPORTABLE_AFTER = timedelta(hours=12)
WAITING_SECONDS = (5.0, 60.0)
RUNNING_SECONDS = (60.0, 600.0)
DEFAULT_PREFIX = "exportedlogs"
TEST_OBJECT, TEST_BODY = "aws-logs-write-test", b"Permission Check Successful"
ACTIVE = ("PENDING", "RUNNING", "PENDING_CANCEL")
PAGING = of_logs(50)


@dataclass(slots=True, kw_only=True)
class _Task:
    """One task. `since` and `until` are milliseconds, both inclusive; `streams` a prefix of stream names."""

    id: str
    region: str
    group: str
    streams: str
    bucket: str
    prefix: str
    since: int
    until: int
    created: int
    name: str = ""
    status: str = "PENDING"
    message: str = ""
    completed: int | None = field(default=None)

    def described(self) -> dict[str, Any]:
        """As DescribeExportTasks tells it."""
        times = {"creationTime": self.created}
        return {
            "taskId": self.id,
            **({"taskName": self.name} if self.name else {}),
            "logGroupName": self.group,
            "from": self.since,
            "to": self.until,
            "destination": self.bucket,
            "destinationPrefix": self.prefix,
            "status": {"code": self.status, **({"message": self.message} if self.message else {})},
            "executionInfo": times | ({"completionTime": self.completed} if self.completed else {}),
        }


class Exports:
    """Every export task of the account."""

    def __init__(self, setting: Setting, search: Search) -> None:
        self._setting = setting
        self._search = search
        self._tasks: dict[str, _Task] = {}
        calls = setting.calls
        calls.answer("logs", "CreateExportTask", self._create)
        calls.answer("logs", "DescribeExportTasks", self._describe)
        calls.answer("logs", "CancelExportTask", self._cancel)

    # ---- the API --------------------------------------------------------------------------------

    def _create(self, asked: Asked) -> dict[str, Any]:
        parameters = asked.parameters
        group = moto_state.log_group(
            self._setting.account, asked.region, group_named(parameters["logGroupName"])
        )
        if group is None:
            raise no_such_group()
        if parameters["from"] > parameters["to"]:
            raise invalid("The start time must not be later than the end time.")
        if any(task.status in ACTIVE and task.region == asked.region for task in self._tasks.values()):
            raise Refused("LimitExceededException", "Resource limit exceeded.")
        task = _Task(
            id=self._setting.new_uuid("logs.export"),
            region=asked.region,
            group=group.name,
            streams=parameters.get("logStreamNamePrefix", ""),
            bucket=parameters["destination"],
            prefix=parameters.get("destinationPrefix", DEFAULT_PREFIX),
            since=parameters["from"],
            until=parameters["to"],
            created=milliseconds(self._setting.clock.now),
            name=parameters.get("taskName", ""),
        )
        self._try(asked, task)
        self._tasks[task.id] = task
        wait = self._setting.random("logs.export").uniform(*WAITING_SECONDS)
        self._setting.clock.after(wait, lambda: self._begin(task), f"export of {task.group}")
        return {"taskId": task.id}

    def _try(self, asked: Asked, task: _Task) -> None:
        """Look at the bucket as Logs does before it takes a task: as itself, and on behalf of the caller."""
        where = self._setting
        found = moto_s3.bucket(where.account, task.bucket)
        if found is None:
            raise invalid("The given bucket does not exist. Please make sure the bucket is valid.")
        if found.region_name != task.region:
            raise invalid("The given bucket is in another region than the log group.")
        key = f"arn:aws:s3:::{task.bucket}/{task.prefix}/{TEST_OBJECT}"
        if not where.identity.judge(asked.caller, "s3:PutObject", key).allowed:
            raise invalid(
                "Please ensure that the CreateExportTask caller has been granted s3:PutObject access to the "
                "bucket."
            )
        if refused := self._write(task, TEST_OBJECT, TEST_BODY):
            raise invalid(
                f"{_operation(refused)} call on the given bucket failed. Please check if CloudWatch Logs has "
                "been granted permission to perform this operation."
            )

    def _describe(self, asked: Asked) -> dict[str, Any]:
        parameters = asked.parameters
        wanted, status = parameters.get("taskId"), parameters.get("statusCode")
        if wanted:
            self._task(asked)
        found = [
            task.described()
            for task in self._tasks.values()
            if task.region == asked.region and wanted in (None, task.id) and status in (None, task.status)
        ]
        page, more = PAGING.page(found, parameters)
        return {"exportTasks": page, **more}

    def _cancel(self, asked: Asked) -> dict[str, Any]:
        task = self._task(asked)
        if task.status not in ("PENDING", "RUNNING"):
            raise Refused("InvalidOperationException", "The specified export task has already finished.")
        task.status = "PENDING_CANCEL"
        self._setting.clock.after(
            1, lambda: self._over(task, "CANCELLED", "Cancelled by user"), "export cancelled"
        )
        return {}

    def _task(self, asked: Asked) -> _Task:
        task = self._tasks.get(asked.parameters["taskId"])
        if task is None or task.region != asked.region:
            raise Refused("ResourceNotFoundException", "The specified export task does not exist.")
        return task

    # ---- the work -------------------------------------------------------------------------------

    def _begin(self, task: _Task) -> None:
        if task.status == "PENDING":
            task.status = "RUNNING"
            runs = self._setting.random("logs.export").uniform(*RUNNING_SECONDS)
            self._setting.clock.after(runs, lambda: self._export(task), f"export of {task.group}")

    def _export(self, task: _Task) -> None:
        if task.status != "RUNNING":
            return
        group = moto_state.log_group(self._setting.account, task.region, task.group)
        if group is None:
            self._over(task, "FAILED", "The specified log group does not exist.")
            return
        exportable = self._setting.clock.now - EXPORTABLE_AFTER
        left_out = 0
        for stream in sorted(name for name in group.streams if name.startswith(task.streams)):
            found = self._search.events(group, iter([stream]), task.since, task.until)
            ready = [event for event in found if event.ingested_at <= exportable]
            left_out += len(found) - len(ready)
            name = f"{task.id}/{stream.replace('/', '-')}/000000.gz"
            lines = "".join(_line(event) for event in ready)
            refused = self._write(task, name, gzip.compress(lines.encode(), mtime=0)) if ready else None
            if refused is not None:
                self._over(task, "FAILED", f"{_operation(refused)} call on the given bucket failed.")
                return
        if left_out:
            self._setting.note(
                "left out", f"{left_out} events of {task.group} are too young to be exported yet"
            )
        self._over(task, "COMPLETED", "Completed successfully")

    def _over(self, task: _Task, status: str, message: str) -> None:
        task.status, task.message = status, message
        task.completed = milliseconds(self._setting.clock.now)
        self._setting.note("exported", f"{task.group} to {task.bucket}: {message}")

    def _write(self, task: _Task, name: str, body: bytes) -> Refusal | None:
        account = self._setting.account
        return self._setting.deliveries.hand_over(
            f"arn:aws:s3:::{task.bucket}/{task.prefix}/{name}",
            Object(body=body, requester=f"logs.{task.region}.amazonaws.com"),
            by=SERVICE,
            source=f"arn:aws:logs:{task.region}:{account}:log-group:{task.group}:*",
        )


def _operation(refusal: Refusal) -> str:
    """The S3 operation that failed: a bucket that is gone fails the first one, a key the second."""
    first = refusal.missing is Missing.RESOURCE or refusal.action == "s3:GetBucketAcl"
    return "GetBucketAcl" if first else "PutObject"


def _line(event: LogEvent) -> str:
    """`2026-03-02T03:00:00.123Z message`."""
    return f"{iso_milliseconds(event.at)} {event.message}\n"
