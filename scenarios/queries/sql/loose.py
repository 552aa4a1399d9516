"""Tables over loose files, as people have them in a folder: no account, no catalog, the same texts of SQL.

Every name of a table is the one over CloudTrail's files, or the one that a DDL defines, or that of a
service's log (`vpc_flow_logs`, `alb_access_logs`...: `scenarios.service_logs`). The partition keys that
tables over CloudTrail usually have (`"timestamp"`, year, month, day, region, account) follow from the
names that CloudTrail gives its files, and are there when the text names them.
"""

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Final

from scenarios.queries.sql import ddl
from scenarios.queries.sql.cloudtrail_table import create
from scenarios.queries.sql.errors import SqlNotSimulated
from scenarios.queries.sql.partitions import Object
from scenarios.queries.sql.tables import CLOUDTRAIL, Partition, Table
from scenarios.queries.sql.types import VARCHAR
from scenarios.queries.sql.unpacking import unpacked
from scenarios.service_logs import FORMATS, VPC_FLOW, Format, NotThisFormat
from scenarios.service_logs import tables as service_logs
from scenarios.service_logs.api_gateway import STANDARD, AccessLog, is_template
from scenarios.service_logs.flows import EVERY_VPC_FLOW_FIELD, vpc_flow

_NAME: Final = re.compile(
    r"(?P<account>\d{12})_CloudTrail_(?P<region>[a-z0-9-]+)_(?P<year>\d{4})(?P<month>\d{2})(?P<day>\d{2})T\d{4}Z"
)
_PATH: Final = re.compile(
    r"(?P<account>\d{12})/CloudTrail/(?P<region>[a-z0-9-]+)/(?P<year>\d{4})/(?P<month>\d{2})/(?P<day>\d{2})/"
)
_KEYS: Final[Mapping[str, str]] = {
    **dict.fromkeys(("timestamp", "date", "dt"), "{year}/{month}/{day}"),
    "year": "{year}",
    "month": "{month}",
    "day": "{day}",
    "region": "{region}",
    **dict.fromkeys(("account", "accountid", "account_id"), "{account}"),
}

_IN_PARQUET: Final = "vpc_flow_logs_parquet"
_API_GATEWAY: Final = "apigateway_access_logs"  # the name is ours: AWS's pages have no table for them


@dataclass(frozen=True, slots=True, kw_only=True)
class LooseFiles:
    """Files as the one table's.

    Args:
        files: their names and sizes.
        read: reads one by its name.
        text: the query, for the partition keys that it names.
        definition: the table's CREATE EXTERNAL TABLE, whose location counts for nothing, or the format of
            an access log of API Gateway; None: CloudTrail's.
    """

    files: Sequence[tuple[str, int]]
    read: Callable[[str], bytes]
    text: str
    definition: str | None = None

    def table(self, database: str, name: str) -> Table:
        """The table, under whichever name."""
        found = ddl.read(self._definition(name))
        if not isinstance(found, ddl.CreateTable):
            raise SqlNotSimulated("a definition that is no CREATE EXTERNAL TABLE")
        table = replace(
            found.table,
            database=database or "default",
            name=name,
            location="files",
            properties={
                key: value
                for key, value in found.table.properties.items()
                if not key.startswith("projection.")
            },
        )
        keys = [*table.keys] or [
            each for each in _KEYS if each not in table.columns and self._names_key(each)
        ]
        if not keys or table.format != CLOUDTRAIL:
            if table.keys:
                raise SqlNotSimulated("partition keys of loose files that are not CloudTrail's")
            return replace(table, keys={})
        partitions = tuple(
            Partition(values=_values(file, keys), location=str(number))
            for number, (file, _) in enumerate(self.files)
        )
        return replace(
            table, keys={each: table.keys.get(each, VARCHAR) for each in keys}, partitions=partitions
        )

    def _names_key(self, key: str) -> bool:
        """Whether the text may mean a key by this word, which is also a function, a type or a unit of time.

        Where the files' names say no keys, it must stand as a column's name does.
        """
        column = rf"\b{key}\b"
        if not all(_says_keys(file) for file, _ in self.files):
            column = rf"\"{key}\"|\b{key}\b\s*(?:[=<>!,]|not\b|between\b|in\b|like\b|is\b)"
        return bool(re.search(column, self.text, re.IGNORECASE))

    def _definition(self, name: str) -> str:
        if self.definition is not None:
            return _of_stage(self.definition, name) if is_template(self.definition) else self.definition
        if name == _API_GATEWAY:
            return _of_stage(STANDARD, name)
        if name in (VPC_FLOW.name, _IN_PARQUET) and self._is_parquet():
            return service_logs.of_parquet(EVERY_VPC_FLOW_FIELD, name, "files")
        form = FORMATS.get(name)
        if form is None:
            return create(name, "files")
        return service_logs.create(self._of_flows() if form is VPC_FLOW else form, name, "files")

    def _is_parquet(self) -> bool:
        found = {name.endswith(".parquet") for name, _ in self.files}
        if len(found) > 1:
            raise SqlNotSimulated("flow logs in Parquet and in text in one table")
        return found == {True}

    def _of_flows(self) -> Format:
        """The format that the files of flow logs name in their first lines: their owner chose the fields."""
        heads = {self._head(name): name for name, _ in self.files}
        if len(heads) > 1:
            one, other = sorted(heads.values())[:2]
            raise SqlNotSimulated(f"flow logs of several formats in one table ({one}, {other})")
        try:
            return vpc_flow(next(iter(heads), "default"))
        except NotThisFormat as error:
            raise SqlNotSimulated(
                f"flow logs whose first line names no fields: {error}; give --table a CREATE EXTERNAL TABLE"
            ) from error

    def _head(self, name: str) -> str:
        return unpacked(self.read(name), name).partition(b"\n")[0].decode("utf-8", "replace").strip()

    def under(self, location: str) -> Iterable[Object]:
        """Every file, or the one whose number a partition has as its location."""
        number = location.rstrip("/")
        chosen = [self.files[int(number)]] if number.isdecimal() else self.files
        return [Object(address=name, size=size) for name, size in chosen]


def _of_stage(template: str, name: str) -> str:
    try:
        return service_logs.of_access_log(AccessLog(template.strip()), name, "files")
    except NotThisFormat as error:
        raise SqlNotSimulated(f"this table: {error}") from error


def _says_keys(file: str) -> bool:
    return bool(_NAME.search(file) or _PATH.search(file))


def _values(file: str, keys: Sequence[str]) -> tuple[str, ...]:
    found = _NAME.search(file) or _PATH.search(file)
    if found is None or any(each not in _KEYS for each in keys):
        raise SqlNotSimulated(f"the partition key {keys[0]} of {file}, whose name doesn't say it")
    return tuple(_KEYS[each].format(**found.groupdict()) for each in keys)
