"""What a query reads, with the rights of whoever started it: tables of Glue's catalog, objects of buckets.

Athena calls Glue and S3 in the caller's name (`aws:CalledVia` is `athena.amazonaws.com`).

Sources: https://docs.aws.amazon.com/athena/latest/ug/fine-grained-access-to-glue-resources.html,
https://docs.aws.amazon.com/athena/latest/ug/s3-permissions.html. The words of refusals are unconfirmed.
"""

from collections.abc import Iterator, Mapping
from typing import Any, Final

from scenarios.cloud.kernel import moto_s3, moto_state
from scenarios.cloud.kernel.caller import Caller
from scenarios.cloud.kernel.errors import NotSimulated, Refused
from scenarios.cloud.s3.encryption import ObjectEncryption
from scenarios.cloud.setting import Setting
from scenarios.queries.sql.errors import QueryFailed
from scenarios.queries.sql.glue import table_of
from scenarios.queries.sql.partitions import Object
from scenarios.queries.sql.tables import Table, View

SERVICE: Final = "athena.amazonaws.com"
DEFAULT: Final = "default"


class Reader:
    """One query's way to tables and files.

    Args:
        setting: the world.
        caller: who started the query.
        region: where.
        database: the database that names without one are in.
    """

    def __init__(self, setting: Setting, caller: Caller, region: str, database: str) -> None:
        self._setting = setting
        self._caller = caller.through(SERVICE)
        self._region = region
        self._database = database or DEFAULT

    def must(self, action: str, *resources: str) -> None:
        """Raises QueryFailed unless the caller may do this, through Athena."""
        for each in resources:
            decision = self._setting.identity.judge(self._caller, action, each)
            if not decision.allowed:
                words = (
                    f"Insufficient permissions to execute the query. User: {self._caller.arn} is not "
                    f"authorized to perform: {action} on resource: {each} because {decision.because}"
                )
                raise QueryFailed("ACCESS_DENIED", words)

    # ---- Glue ----------------------------------------------------------------------------------------

    def in_glue(self, database: str = "", table: str = "") -> tuple[str, ...]:
        """The ARNs that Glue asks about: the catalog, a database, a table."""
        place = f"arn:aws:glue:{self._region}:{self._setting.account}"
        parts = [f"{place}:catalog"]
        parts += [f"{place}:database/{database}"] if database else []
        return (*parts, *([f"{place}:table/{database}/{table}"] if table else []))

    def database(self, named: str) -> str:
        """A database's name, the query's own for ""."""
        return named or self._database

    def databases(self) -> Mapping[str, Any]:
        """Glue's databases by name; `default` is always there for Athena."""
        backend = moto_state.backend("glue", self._setting.account, self._region)
        if DEFAULT not in backend.databases:
            backend.create_database(DEFAULT, {"Name": DEFAULT})
        found: Mapping[str, Any] = backend.databases
        return found

    def table(self, database: str, name: str) -> Table | View:
        """A table or a view of the catalog."""
        where = self.database(database)
        self.must("glue:GetTable", *self.in_glue(where, name))
        found = self.databases().get(where)
        if found is None:
            raise QueryFailed("SCHEMA_NOT_FOUND", f"Schema '{where}' does not exist")
        if name not in found.tables:
            raise QueryFailed("TABLE_NOT_FOUND", f"Table 'awsdatacatalog.{where}.{name}' does not exist")
        parameters = {"DatabaseName": where, "Name": name}
        self._setting.calls.under_role(self._caller, "glue", "GetTable", parameters, region=self._region)
        return stored_table(found.tables[name])

    # ---- S3 ------------------------------------------------------------------------------------------

    def under(self, location: str) -> Iterator[Object]:
        """The objects under a location, in the order of their keys."""
        name, prefix = parts(location)
        arn = f"arn:aws:s3:::{name}"
        bucket = self._bucket(name)
        for action in ("s3:GetBucketLocation", "s3:ListBucket"):
            if not self._setting.identity.judge(self._caller, action, arn).allowed:
                raise _no_permission(location)
        for key in sorted(each for each in bucket.keys if each.startswith(prefix)):
            found = moto_s3.object_version(self._setting.account, name, key)
            if found is not None:
                yield Object(address=f"s3://{name}/{key}", size=len(found.value))

    def read(self, address: str) -> bytes:
        """One object, decrypted with the caller's rights."""
        name, key = parts(address)
        arn = f"arn:aws:s3:::{name}/{key}"
        found = moto_s3.object_version(self._setting.account, name, key)
        if found is None or not self._setting.identity.judge(self._caller, "s3:GetObject", arn).allowed:
            raise _no_permission(address)
        try:
            self._setting.laws[ObjectEncryption].may_open(self._caller, name, key)
        except Refused:
            raise _no_permission(address) from None
        parameters = {"Bucket": name, "Key": key}
        self._setting.calls.under_role(self._caller, "s3", "GetObject", parameters, region=self._region)
        data: bytes = found.value
        return data

    def _bucket(self, name: str) -> Any:
        found = moto_s3.bucket(self._setting.account, name)
        if found is None and moto_s3.bucket_owner(name):
            raise NotSimulated("athena", "a query over another account's bucket")
        if found is None:
            words = "The specified bucket does not exist (Service: Amazon S3; Status Code: 404)"
            raise QueryFailed("GENERIC_INTERNAL_ERROR", words)
        return found


def parts(address: str) -> tuple[str, str]:
    """The bucket and the key of `s3://bucket/key`."""
    bucket, _, key = address.partition("://")[2].partition("/")
    return bucket, key


def _no_permission(address: str) -> QueryFailed:
    return QueryFailed("PERMISSION_DENIED", f"Permission denied on S3 path: {address}")


def stored_table(found: Any) -> Table | View:
    """The table or view that moto keeps for Glue."""
    return table_of(found.as_dict(), [each.partition_input for each in found.partitions.values()])
