"""Glue's Data Catalog as one value: databases, tables and partitions as moto keeps them.

Source: https://docs.aws.amazon.com/service-authorization/latest/reference/list_awsglue.html
"""

from collections.abc import Mapping

from scenarios.cloud.authorization.rows import JSON, Kind, Permissions, Place
from scenarios.cloud.service import Service

_LINES = """
CreateDatabase                  =                         root(CatalogId=own)
CreateDatabase                  =                         database(DatabaseInput.Name)
GetDatabase                     =                         root(CatalogId=own)
GetDatabase                     =                         database(Name)
GetDatabases                    =                         root(CatalogId=own)
UpdateDatabase                  =                         root(CatalogId=own)
UpdateDatabase                  =                         database(Name)
DeleteDatabase                  =                         root(CatalogId=own)
DeleteDatabase                  =                         database(Name)
CreateTable                     =                         root(CatalogId=own)
CreateTable                     =                         database(DatabaseName)
CreateTable                     =                         in-database(DatabaseName,TableInput.Name)
GetTable                        =                         root(CatalogId=own)
GetTable                        =                         database(DatabaseName)
GetTable                        =                         in-database(DatabaseName,Name)
GetTables                       =                         root(CatalogId=own)
GetTables                       =                         database(DatabaseName)
UpdateTable                     =                         root(CatalogId=own)
UpdateTable                     =                         database(DatabaseName)
UpdateTable                     =                         in-database(DatabaseName,TableInput.Name)
DeleteTable                     =                         root(CatalogId=own)
DeleteTable                     =                         database(DatabaseName)
DeleteTable                     =                         in-database(DatabaseName,Name)
CreatePartition                 =                         root(CatalogId=own)
CreatePartition                 =                         database(DatabaseName)
CreatePartition                 =                         in-database(DatabaseName,TableName)
GetPartition                    =                         root(CatalogId=own)
GetPartition                    =                         database(DatabaseName)
GetPartition                    =                         in-database(DatabaseName,TableName)
GetPartitions                   =                         root(CatalogId=own)
GetPartitions                   =                         database(DatabaseName)
GetPartitions                   =                         in-database(DatabaseName,TableName)
"""


def _root(place: Place, _: str) -> str:
    """The account's one catalog."""
    return f"arn:aws:glue:{place.region}:{place.account}:catalog"


def _table(place: Place, database: str, name: str = "*") -> str:
    return f"arn:aws:glue:{place.region}:{place.account}:table/{database}/{name}"


_KINDS: Mapping[str, Kind] = {"root": _root, "in-database": _table}

SERVICE = Service(
    name="glue",
    simulated="databases, tables and partitions of the Data Catalog, as moto keeps them; Athena reads them",
    missing="crawlers, jobs, connections, views, other catalogs, Lake Formation",
    permissions=Permissions(prefix="glue", denial=JSON, lines=_LINES, kinds=_KINDS),
)
