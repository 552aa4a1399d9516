"""Queries: one is QUEUED, then RUNNING, and ends as SUCCEEDED, FAILED or CANCELLED.

What it answers it reads when it ends, with the rights of whoever started it, and writes to the output
location. A table is what Glue's catalog has at that moment. What a statement leaves beyond its answer
(`written.py`) is written when it ends, too.

Sources: https://docs.aws.amazon.com/athena/latest/APIReference/API_StartQueryExecution.html,
https://docs.aws.amazon.com/athena/latest/APIReference/API_QueryExecutionStatus.html,
https://docs.aws.amazon.com/athena/latest/ug/athena-events.html,
https://docs.aws.amazon.com/athena/latest/ug/workgroups-settings-override.html. How long a query waits and
runs is unconfirmed; so are the words of refusals, but for those of results and of queries that aren't there,
which are recorded.
"""

from collections.abc import Mapping
from functools import partial
from typing import Any, Final

from scenarios.cloud.asked import Asked
from scenarios.cloud.athena.definitions import Definitions
from scenarios.cloud.athena.execution import MANIFEST, Execution
from scenarios.cloud.athena.reader import Reader, parts
from scenarios.cloud.athena.results import EMPTY, Answer
from scenarios.cloud.athena.works import Works, invalid
from scenarios.cloud.athena.written import Left, Writer
from scenarios.cloud.kernel import moto_s3, moto_state
from scenarios.cloud.kernel.deliveries import Object
from scenarios.cloud.kernel.emitted import EmittedEvents
from scenarios.cloud.kernel.errors import NotSimulated
from scenarios.cloud.kernel.paging import Paging
from scenarios.cloud.setting import Setting
from scenarios.queries.sql import ddl
from scenarios.queries.sql.errors import QueryFailed, SqlNotSimulated
from scenarios.queries.sql.statements import CreateView, Deallocate, Prepare

CHANGE: Final = "Athena Query State Change"
EVENTS = (EmittedEvents(source="aws.athena", detail_types=(CHANGE,)),)
SERVICE: Final = "athena.amazonaws.com"
ENDED: Final = ("SUCCEEDED", "FAILED", "CANCELLED")
QUEUED_SECONDS: Final = (0.1, 0.6)
RUNNING_SECONDS: Final = (0.6, 4.0)
EVENT_SECONDS: Final = 1.0
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


class Executions:
    """Every query of the account."""

    def __init__(self, setting: Setting) -> None:
        self._setting = setting
        self._works = Works(setting)
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
            enforced=bool(group.configuration.get("EnforceWorkGroupConfiguration")),
            caller=asked.caller,
            started=self._setting.clock.now,
            work=self._works.of(asked, group),
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
            raise invalid("Idempotent parameters do not match")
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
            raise invalid(words, "INVALID_QUERY_EXECUTION_STATE")
        if run.status != "SUCCEEDED":
            words = f"Query did not finish successfully. Final query state: {run.status}"
            raise invalid(words, "INVALID_QUERY_EXECUTION_STATE")
        page, more = RESULTS.page(run.answer.data(), asked.parameters)
        columns = {"ColumnInfo": run.answer.columns()}
        return {
            "UpdateCount": run.answer.count or 0,
            "ResultSet": {"Rows": page, "ResultSetMetadata": columns},
            **more,
        }

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
            raise invalid(f"QueryExecution {identity} was not found", "INVALID_INPUT")
        return found

    def _group(self, asked: Asked) -> Any:
        name = asked.parameters.get("WorkGroup", "primary")
        found = moto_state.backend("athena", self._setting.account, asked.region).work_groups.get(name)
        if found is None:
            raise invalid("WorkGroup is not found.")
        return found

    def _output(self, asked: Asked, group: Any) -> str:
        """The folder for the answer: the work group's if enforced, else the caller's, else the group's."""
        given = asked.parameters.get("ResultConfiguration", {})
        configured = group.configuration.get("ResultConfiguration") or {}
        own = configured.get("OutputLocation", "")
        location = own if group.configuration.get("EnforceWorkGroupConfiguration") and own else ""
        location = location or given.get("OutputLocation") or own
        if not location:
            raise invalid(
                "No output location provided. An output location is required either through the Workgroup "
                "result configuration setting or as an API input."
            )
        if given.get("EncryptionConfiguration") or configured.get("EncryptionConfiguration"):
            raise NotSimulated("athena", "results that Athena encrypts")
        bucket, _ = parts(location)
        if moto_s3.bucket(self._setting.account, bucket) is None:
            raise invalid(f"Unable to verify/create output bucket {bucket}")
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
            answer, left = self._answer(run)
            if run.most_bytes and answer.scanned_bytes > run.most_bytes:
                self._end(run, "CANCELLED", "Bytes scanned limit was exceeded")
                return
            self._write(run, answer, left)
        except SqlNotSimulated as hole:
            raise NotSimulated("athena", hole.what) from hole
        except QueryFailed as failed:
            error = {"ErrorCategory": failed.category, "Retryable": False, "ErrorMessage": str(failed)}
            run.error = error | ({"ErrorType": 1006} if failed.name == "COLUMN_NOT_FOUND" else {})
            self._end(run, "FAILED", str(failed))
            return
        run.answer = answer
        self._end(run, "SUCCEEDED", "")

    def _answer(self, run: Execution) -> tuple[Answer, Left | None]:
        """What it answers, and what it leaves behind."""
        reader = Reader(self._setting, run.caller, run.region, run.database)
        statement = run.work.statement
        if isinstance(statement, ddl.Statement):
            definitions = Definitions(reader, self._setting.account, run.region)
            return Answer(lines=tuple(definitions.carry_out(statement)), is_query=False), None
        if isinstance(statement, (Prepare, Deallocate)):
            self._works.carry_out(statement, reader, run.region, run.workgroup)
            return EMPTY, None
        # DuckDB and sqlglot take a while to load, and few worlds ask anything.
        from scenarios.queries.sql.engine import Engine  # noqa: PLC0415

        engine = Engine(reader, reader, self._setting.clock.now)
        if statement is None:
            found = engine.run(run.work.text, run.work.parameters)
            return Answer(
                names=found.names, types=found.types, rows=found.rows, scanned_bytes=found.scanned_bytes
            ), None
        writer = Writer(
            self._setting, reader, run.region, folder=run.output, enforced=run.enforced, identity=run.id
        )
        if isinstance(statement, CreateView):
            writer.create_view(statement, engine)
            return EMPTY, None
        left = writer.write(statement, engine, run.work.parameters)
        return Answer(is_query=False, count=left.rows, scanned_bytes=left.scanned_bytes), left

    def _write(self, run: Execution, answer: Answer, left: Left | None) -> None:
        """Put what it leaves and its own files into S3, then tell Glue."""
        objects = {run.location: answer.file(), f"{run.location}.metadata": answer.metadata()}
        if left is not None:
            manifest = "".join(f"{each}\n" for each in left.objects).encode()
            objects = {
                f"{run.location}{MANIFEST}": manifest,
                **left.objects,
                f"{run.location}.metadata": answer.metadata(),
            }
        for address, body in objects.items():
            bucket, key = parts(address)
            refusal = self._setting.deliveries.hand_over(
                f"arn:aws:s3:::{bucket}/{key}",
                Object(body=body, plain=True, requester=run.caller.principal_id),
                by=run.caller.through(SERVICE),
            )
            if refusal is not None:
                words = (
                    f"Access denied when writing output to url: {address} . Please ensure you are "
                    "allowed to access the S3 bucket. If you are encrypting query results with KMS key, "
                    "please ensure you are allowed to access your KMS key"
                )
                raise QueryFailed("ACCESS_DENIED", words)
        if left is not None:
            left.then()

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
            "statementType": run.kind,
            "queryExecutionId": run.id,
            "workgroupName": run.workgroup,
            "sequenceNumber": str(run.sequence),
        }
        event = self._setting.service_event(run.region, "aws.athena", CHANGE, [], detail)
        tell = partial(self._setting.announce, run.region, event, by=SERVICE)
        self._setting.clock.after(EVENT_SECONDS, tell, CHANGE)


def _refuse(asked: Asked) -> None:
    raise NotSimulated("athena", asked.operation)
