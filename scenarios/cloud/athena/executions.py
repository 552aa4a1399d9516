"""Queries: one is QUEUED, then RUNNING, and ends as SUCCEEDED, FAILED or CANCELLED.

What it answers it reads when it ends, with the rights of whoever started it, and writes to the output
location. A table is what Glue's catalog has at that moment.

Sources: https://docs.aws.amazon.com/athena/latest/APIReference/API_StartQueryExecution.html,
https://docs.aws.amazon.com/athena/latest/APIReference/API_QueryExecutionStatus.html,
https://docs.aws.amazon.com/athena/latest/ug/athena-events.html,
https://docs.aws.amazon.com/athena/latest/ug/workgroups-settings-override.html. How long a query waits and
runs is unconfirmed; so are the words of refusals, but for those of results and of queries that aren't there,
which are recorded.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from functools import partial
from typing import Any, Final

from scenarios.cloud.athena.definitions import Definitions
from scenarios.cloud.athena.reader import Reader, parts
from scenarios.cloud.athena.results import EMPTY, Answer
from scenarios.cloud.calls import Asked
from scenarios.cloud.kernel import moto_state
from scenarios.cloud.kernel.caller import Caller
from scenarios.cloud.kernel.deliveries import Object
from scenarios.cloud.kernel.emitted import EmittedEvents
from scenarios.cloud.kernel.errors import NotSimulated, Refused
from scenarios.cloud.kernel.paging import Paging
from scenarios.cloud.setting import Setting
from scenarios.queries.sql import ddl
from scenarios.queries.sql.errors import MalformedSql, QueryFailed, SqlNotSimulated

CHANGE: Final = "Athena Query State Change"
EVENTS = (EmittedEvents(source="aws.athena", detail_types=(CHANGE,)),)
SERVICE: Final = "athena.amazonaws.com"
ENDED: Final = ("SUCCEEDED", "FAILED", "CANCELLED")
QUEUED_SECONDS: Final = (0.1, 0.6)
RUNNING_SECONDS: Final = (0.6, 4.0)
EVENT_SECONDS: Final = 1.0
ENGINE: Final = {"SelectedEngineVersion": "AUTO", "EffectiveEngineVersion": "Athena engine version 3"}
_NOT_SIMULATED: Final = (
    "GetQueryRuntimeStatistics",
    "StartSession",
    "StartCalculationExecution",
    "UpdateWorkGroup",
)


def _paging(most: int) -> Paging:
    return Paging(
        onward="NextToken",
        limit="MaxResults",
        default=most,
        most=most,
        code="InvalidRequestException",
        message="Invalid NextToken",
    )


RESULTS, EXECUTIONS = _paging(1000), _paging(50)


@dataclass(slots=True, kw_only=True)
class Execution:
    """One query. `output`: the folder in S3 that its files go to; `statement`: None for a query."""

    id: str
    region: str
    text: str
    workgroup: str
    database: str
    output: str
    caller: Caller
    started: datetime
    parameters: tuple[str, ...]
    statement: ddl.Statement | None
    token: str
    most_bytes: int
    status: str = "QUEUED"
    reason: str = ""
    error: dict[str, Any] = field(default_factory=dict)
    began: datetime | None = None
    ended: datetime | None = None
    sequence: int = 1
    answer: Answer = EMPTY

    @property
    def location(self) -> str:
        """The file that the answer goes to."""
        return f"{self.output}{self.id}{'.txt' if self.statement else '.csv'}"

    def described(self) -> dict[str, Any]:
        """As GetQueryExecution tells it."""
        status: dict[str, Any] = {"State": self.status, "SubmissionDateTime": self.started}
        status |= {"StateChangeReason": self.reason} if self.reason else {}
        status |= {"CompletionDateTime": self.ended} if self.ended else {}
        status |= {"AthenaError": self.error} if self.error else {}
        return {
            "QueryExecutionId": self.id,
            "Query": self.text,
            "StatementType": "DDL" if self.statement else "DML",
            "ResultConfiguration": {"OutputLocation": self.location},
            "QueryExecutionContext": {"Database": self.database} if self.database else {},
            "Status": status,
            "Statistics": self._statistics(),
            "WorkGroup": self.workgroup,
            "EngineVersion": ENGINE,
            **({"ExecutionParameters": list(self.parameters)} if self.parameters else {}),
        }

    def _statistics(self) -> dict[str, int]:
        if self.ended is None:
            return {}
        began = self.began or self.ended
        return {
            "EngineExecutionTimeInMillis": _milliseconds(began, self.ended),
            "DataScannedInBytes": self.answer.scanned_bytes,
            "TotalExecutionTimeInMillis": _milliseconds(self.started, self.ended),
            "QueryQueueTimeInMillis": _milliseconds(self.started, began),
        }


class Executions:
    """Every query of the account."""

    def __init__(self, setting: Setting) -> None:
        self._setting = setting
        for operation, answer in {
            "StartQueryExecution": self._start,
            "StopQueryExecution": self._stop,
            "GetQueryExecution": lambda asked: {"QueryExecution": self._known(asked).described()},
            "BatchGetQueryExecution": self._several,
            "GetQueryResults": self._results,
            "ListQueryExecutions": self._list,
        }.items():
            setting.calls.answer("athena", operation, answer)
        for operation in _NOT_SIMULATED:
            setting.calls.check("athena", operation, _refuse)

    # ---- the API ------------------------------------------------------------------------------------

    def _start(self, asked: Asked) -> dict[str, Any]:
        given = asked.parameters
        again = self._again(asked)
        if again is not None:
            return {"QueryExecutionId": again.id}
        if given.get("ResultReuseConfiguration", {}).get("ResultReuseByAgeConfiguration", {}).get("Enabled"):
            raise NotSimulated("athena", "reuse of results")
        group = self._group(asked)
        context = given.get("QueryExecutionContext", {})
        if context.get("Catalog", "awsdatacatalog").lower() != "awsdatacatalog":
            raise NotSimulated("athena", f"the catalog {context['Catalog']}")
        run = Execution(
            id=self._setting.new_uuid("athena.query"),
            region=asked.region,
            text=given["QueryString"],
            workgroup=group.name,
            database=context.get("Database", "").lower(),
            output=self._output(asked, group),
            caller=asked.caller,
            started=self._setting.clock.now,
            parameters=tuple(given.get("ExecutionParameters") or ()),
            statement=_statement(given["QueryString"], given.get("ExecutionParameters") or ()),
            token=given.get("ClientRequestToken", ""),
            most_bytes=int(group.configuration.get("BytesScannedCutoffPerQuery") or 0),
        )
        self._runs(asked.region)[run.id] = run
        self._tell(run, "")
        wait = self._setting.random("athena.query").uniform(*QUEUED_SECONDS)
        self._setting.clock.after(wait, lambda: self._begin(run), f"query {run.id}")
        return {"QueryExecutionId": run.id}

    def _again(self, asked: Asked) -> Execution | None:
        """The query that an equal request with the same token started."""
        token = asked.parameters.get("ClientRequestToken", "")
        found = next(
            (each for each in self._runs(asked.region).values() if token and each.token == token), None
        )
        if found is not None and found.text != asked.parameters["QueryString"]:
            raise _invalid("Idempotent parameters do not match")
        return found

    def _stop(self, asked: Asked) -> dict[str, Any]:
        run = self._known(asked)
        if run.status not in ENDED:
            self._end(run, "CANCELLED", "Query cancelled by user")
        return {}

    def _several(self, asked: Asked) -> dict[str, Any]:
        wanted = list(asked.parameters["QueryExecutionIds"])
        runs = self._runs(asked.region)
        return {
            "QueryExecutions": [runs[each].described() for each in wanted if each in runs],
            "UnprocessedQueryExecutionIds": [
                {
                    "QueryExecutionId": each,
                    "ErrorCode": "INVALID_INPUT",
                    "ErrorMessage": f"QueryExecution {each} was not found",
                }
                for each in wanted
                if each not in runs
            ],
        }

    def _results(self, asked: Asked) -> dict[str, Any]:
        run = self._known(asked)
        if run.status in ("QUEUED", "RUNNING"):
            words = f"Query has not yet finished. Current state: {run.status}"
            raise _invalid(words, "INVALID_QUERY_EXECUTION_STATE")
        if run.status != "SUCCEEDED":
            words = f"Query did not finish successfully. Final query state: {run.status}"
            raise _invalid(words, "INVALID_QUERY_EXECUTION_STATE")
        page, more = RESULTS.page(run.answer.data(), asked.parameters)
        columns = {"ColumnInfo": run.answer.columns()}
        return {"UpdateCount": 0, "ResultSet": {"Rows": page, "ResultSetMetadata": columns}, **more}

    def _list(self, asked: Asked) -> dict[str, Any]:
        group = asked.parameters.get("WorkGroup", "primary")
        self._group(asked)
        found = [each.id for each in reversed(self._runs(asked.region).values()) if each.workgroup == group]
        page, more = EXECUTIONS.page(found, asked.parameters)
        return {"QueryExecutionIds": page, **more}

    def _runs(self, region: str) -> dict[str, Execution]:
        """The queries of a region, where moto would keep its own: IAM asks for their work groups."""
        found: dict[str, Execution] = moto_state.backend("athena", self._setting.account, region).executions
        return found

    def _known(self, asked: Asked) -> Execution:
        identity = asked.parameters["QueryExecutionId"]
        found = self._runs(asked.region).get(identity)
        if found is None:
            raise _invalid(f"QueryExecution {identity} was not found", "INVALID_INPUT")
        return found

    def _group(self, asked: Asked) -> Any:
        name = asked.parameters.get("WorkGroup", "primary")
        found = moto_state.backend("athena", self._setting.account, asked.region).work_groups.get(name)
        if found is None:
            raise _invalid("WorkGroup is not found.")
        return found

    def _output(self, asked: Asked, group: Any) -> str:
        """The folder for the answer: the work group's if enforced, else the caller's, else the group's."""
        given = asked.parameters.get("ResultConfiguration", {})
        configured = group.configuration.get("ResultConfiguration") or {}
        own = configured.get("OutputLocation", "")
        location = own if group.configuration.get("EnforceWorkGroupConfiguration") and own else ""
        location = location or given.get("OutputLocation") or own
        if not location:
            raise _invalid(
                "No output location provided. An output location is required either through the Workgroup "
                "result configuration setting or as an API input."
            )
        if given.get("EncryptionConfiguration") or configured.get("EncryptionConfiguration"):
            raise NotSimulated("athena", "results that Athena encrypts")
        bucket, _ = parts(location)
        if moto_state.bucket(self._setting.account, bucket) is None:
            raise _invalid(f"Unable to verify/create output bucket {bucket}")
        return location if location.endswith("/") else f"{location}/"

    # ---- its life -----------------------------------------------------------------------------------

    def _begin(self, run: Execution) -> None:
        if run.status != "QUEUED":
            return
        run.began = self._setting.clock.now
        self._change(run, "RUNNING")
        takes = self._setting.random("athena.query").uniform(*RUNNING_SECONDS)
        self._setting.clock.after(takes, lambda: self._finish(run), f"query {run.id}")

    def _finish(self, run: Execution) -> None:
        if run.status != "RUNNING":
            return
        try:
            answer = self._answer(run)
            if run.most_bytes and answer.scanned_bytes > run.most_bytes:
                self._end(run, "CANCELLED", "Bytes scanned limit was exceeded")
                return
            self._write(run, answer)
        except SqlNotSimulated as hole:
            raise NotSimulated("athena", hole.what) from hole
        except QueryFailed as failed:
            error = {"ErrorCategory": failed.category, "Retryable": False, "ErrorMessage": str(failed)}
            run.error = error | ({"ErrorType": 1006} if failed.name == "COLUMN_NOT_FOUND" else {})
            self._end(run, "FAILED", str(failed))
            return
        run.answer = answer
        self._end(run, "SUCCEEDED", "")

    def _answer(self, run: Execution) -> Answer:
        reader = Reader(self._setting, run.caller, run.region, run.database)
        if run.statement is not None:
            definitions = Definitions(reader, self._setting.account, run.region)
            return Answer(lines=tuple(definitions.carry_out(run.statement)), is_query=False)
        # DuckDB and sqlglot take a while to load, and few worlds ask anything.
        from scenarios.queries.sql.engine import Engine  # noqa: PLC0415

        found = Engine(reader, reader, self._setting.clock.now).run(run.text, run.parameters)
        return Answer(
            names=found.names, types=found.types, rows=found.rows, scanned_bytes=found.scanned_bytes
        )

    def _write(self, run: Execution, answer: Answer) -> None:
        bucket, key = parts(run.location)
        for name, body in ((key, answer.file()), (f"{key}.metadata", answer.metadata())):
            refusal = self._setting.deliveries.hand_over(
                f"arn:aws:s3:::{bucket}/{name}",
                Object(body=body, plain=True, requester=run.caller.principal_id),
                by=run.caller.through(SERVICE),
            )
            if refusal is not None:
                words = (
                    f"Access denied when writing output to url: {run.location} . Please ensure you are "
                    "allowed to access the S3 bucket. If you are encrypting query results with KMS key, "
                    "please ensure you are allowed to access your KMS key"
                )
                raise QueryFailed("ACCESS_DENIED", words)

    def _end(self, run: Execution, status: str, reason: str) -> None:
        run.reason, run.ended = reason, self._setting.clock.now
        self._change(run, status)
        self._setting.note(
            "query", f"{' '.join(run.text.split())[:80]}: {status}{f' ({reason})' if reason else ''}"
        )

    def _change(self, run: Execution, status: str) -> None:
        before, run.status = run.status, status
        run.sequence += 1
        self._tell(run, before)

    def _tell(self, run: Execution, before: str) -> None:
        detail: Mapping[str, Any] = {
            "versionId": "0",
            "currentState": run.status,
            **({"previousState": before} if before else {}),
            **({"athenaError": run.error} if run.error else {}),
            "statementType": "DDL" if run.statement else "DML",
            "queryExecutionId": run.id,
            "workgroupName": run.workgroup,
            "sequenceNumber": str(run.sequence),
        }
        event = self._setting.service_event(run.region, "aws.athena", CHANGE, [], detail)
        tell = partial(self._setting.announce, run.region, event, by=SERVICE)
        self._setting.clock.after(EVENT_SECONDS, tell, CHANGE)


def _statement(text: str, parameters: Any) -> ddl.Statement | None:
    """A statement of DDL, or None for a query, whose text is read to see that it is one."""
    try:
        if ddl.begins(text) in ddl.DDL:
            return ddl.read(text)
        from scenarios.queries.sql.parsing import parsed  # noqa: PLC0415 - sqlglot takes a while to load

        parsed(text, parameters)
    except MalformedSql as malformed:
        raise _invalid(str(malformed), "MALFORMED_QUERY") from None
    except SqlNotSimulated as hole:
        raise NotSimulated("athena", hole.what) from hole
    return None


def _milliseconds(since: datetime, until: datetime) -> int:
    return int((until - since).total_seconds() * 1000)


def _invalid(words: str, code: str = "INVALID_INPUT") -> Refused:
    return Refused("InvalidRequestException", words, members={"AthenaErrorCode": code})


def _refuse(asked: Asked) -> None:
    raise NotSimulated("athena", asked.operation)
