"""What a query's text asks for, and the statements that a work group keeps under names.

Sources: https://docs.aws.amazon.com/athena/latest/ug/querying-with-prepared-statements.html,
https://docs.aws.amazon.com/athena/latest/ug/security-iam-athena-prepared-statements.html (which rights each
takes). The words of refusals are unconfirmed.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from scenarios.cloud.asked import Asked
from scenarios.cloud.athena.reader import Reader
from scenarios.cloud.kernel import moto_state
from scenarios.cloud.kernel.errors import NotSimulated, Refused
from scenarios.cloud.setting import Setting
from scenarios.queries.sql import ddl, statements
from scenarios.queries.sql.errors import MalformedSql, QueryFailed, SqlNotSimulated
from scenarios.queries.sql.statements import CreateView, Deallocate, Execute, Prepare, Writing

Statement = ddl.Statement | CreateView | Writing | Prepare | Deallocate


@dataclass(frozen=True, slots=True, kw_only=True)
class Work:
    """What is done.

    Args:
        text: of the query, where it is one.
        statement: None for a query.
        parameters: for each `?`, as SQL. `given`: those of them that the call brought.
    """

    text: str
    statement: Statement | None
    parameters: tuple[str, ...]
    given: tuple[str, ...] = ()


class Works:
    """Reads texts, and keeps prepared statements where moto keeps them."""

    def __init__(self, setting: Setting) -> None:
        self._setting = setting

    def of(self, asked: Asked, group: Any) -> Work:
        """What a call of StartQueryExecution asks for; raises Refused and NotSimulated."""
        text = asked.parameters["QueryString"]
        given = tuple(asked.parameters.get("ExecutionParameters") or ())
        try:
            found = statements.read(text)
            if isinstance(found, Execute):
                return self._kept(asked, group, found, given)
            return _work(text, found, given, given)
        except MalformedSql as malformed:
            raise invalid(str(malformed), "MALFORMED_QUERY") from None
        except SqlNotSimulated as hole:
            raise NotSimulated("athena", hole.what) from hole

    def _kept(self, asked: Asked, group: Any, found: Execute, given: tuple[str, ...]) -> Work:
        """What stands under the name; the values stand in USING, or come beside the text."""
        decision = self._setting.identity.judge(
            asked.caller, "athena:GetPreparedStatement", self._arn(asked.region, group.name)
        )
        if not decision.allowed:
            words = (
                f"You are not authorized to perform: athena:GetPreparedStatement on the resource, because "
                f"{decision.because}"
            )
            raise Refused("AccessDeniedException", words)
        kept = self._statements(asked.region).get(found.name)
        if kept is None or kept.workgroup.name != group.name:
            raise invalid(f"PreparedStatement {found.name} was not found in workGroup {group.name}")
        if found.values and given:
            raise invalid("Parameters stand both in USING and in ExecutionParameters")
        text = kept.query_statement
        return _work(text, statements.read(text), found.values or given, given)

    def carry_out(self, given: Prepare | Deallocate, reader: Reader, region: str, group: str) -> None:
        """Keep a statement, or forget one; raises QueryFailed."""
        kept = self._statements(region)
        there = kept.get(given.name)
        arn = self._arn(region, group)
        if isinstance(given, Deallocate):
            reader.must("athena:DeletePreparedStatement", arn)
            if there is None or there.workgroup.name != group:
                words = f"Prepared statement not found: {given.name}"
                raise QueryFailed("NOT_FOUND", words)
            del kept[given.name]
            return
        reader.must(f"athena:{'Create' if there is None else 'Update'}PreparedStatement", arn)
        backend = moto_state.backend("athena", self._setting.account, region)
        backend.create_prepared_statement(given.name, backend.work_groups[group], given.text, "")

    def _statements(self, region: str) -> Any:
        return moto_state.backend("athena", self._setting.account, region).prepared_statements

    def _arn(self, region: str, group: str) -> str:
        return f"arn:aws:athena:{region}:{self._setting.account}:workgroup/{group}"


def _work(
    text: str, found: statements.Statement | None, parameters: tuple[str, ...], given: tuple[str, ...]
) -> Work:
    """A text and its parameters; raises MalformedSql where they are no statement."""
    if isinstance(found, Execute):
        raise MalformedSql("line 1:1: EXECUTE of an EXECUTE")
    if isinstance(found, Prepare):
        inner = statements.read(found.text)
        if inner is not None and not isinstance(inner, Writing):
            raise MalformedSql("line 1:1: PREPARE takes a SELECT, CREATE TABLE AS, INSERT INTO or UNLOAD")
        _read_query(inner.query if inner else found.text, None)
        return Work(text=text, statement=found, parameters=(), given=given)
    if found is None and ddl.begins(text) in ddl.DDL:
        return Work(text=text, statement=ddl.read(text), parameters=(), given=given)
    if isinstance(found, (CreateView, Writing)):
        _read_query(found.query, parameters)
    elif found is None:
        _read_query(text, parameters)
    return Work(text=text, statement=found, parameters=parameters, given=given)


def _read_query(text: str, parameters: Sequence[str] | None) -> None:
    """Raises where a text is no query, or takes other parameters; None: none are given yet."""
    from scenarios.queries.sql.parsing import parsed, placeholders  # noqa: PLC0415 - sqlglot loads slowly

    parsed(text, ["NULL"] * placeholders(text) if parameters is None else parameters)


def invalid(words: str, code: str = "INVALID_INPUT") -> Refused:
    """A refusal of a call."""
    return Refused("InvalidRequestException", words, members={"AthenaErrorCode": code})
