"""IAM's rows for Athena: work groups, and queries by the work group that they run in.

Source: https://docs.aws.amazon.com/service-authorization/latest/reference/list_amazonathena.html
"""

from scenarios.cloud.authorization.rows import JSON, Permissions, Place
from scenarios.cloud.kernel import moto_state

_LINES = """
StartQueryExecution             =                         workgroup(WorkGroup=primary)
StopQueryExecution              =                         query(QueryExecutionId)
GetQueryExecution               =                         query(QueryExecutionId)
BatchGetQueryExecution          =                         query(QueryExecutionIds[])
GetQueryResults                 =                         query(QueryExecutionId)
ListQueryExecutions             =                         workgroup(WorkGroup=primary)
CreateWorkGroup                 =                         workgroup(Name)
GetWorkGroup                    =                         workgroup(WorkGroup)
DeleteWorkGroup                 =                         workgroup(WorkGroup)
ListWorkGroups                  =                         *
CreateNamedQuery                =                         workgroup(WorkGroup=primary)
GetNamedQuery                   =                         named(NamedQueryId)
ListNamedQueries                =                         workgroup(WorkGroup=primary)
CreatePreparedStatement         =                         workgroup(WorkGroup)
GetPreparedStatement            =                         workgroup(WorkGroup)
"""


def _group(place: Place, name: str) -> str:
    return f"arn:aws:athena:{place.region}:{place.account}:workgroup/{name}"


def _of_query(place: Place, identity: str) -> str:
    """The work group of a query; one that isn't there is judged as one of the first work group."""
    found = moto_state.backend("athena", place.account, place.region).executions.get(identity)
    return _group(place, found.workgroup if found is not None else "primary")


def _of_named_query(place: Place, identity: str) -> str:
    found = moto_state.backend("athena", place.account, place.region).named_queries.get(identity)
    return _group(place, found.workgroup.name if found is not None and found.workgroup else "primary")


PERMISSIONS = Permissions(
    prefix="athena",
    denial=JSON,
    lines=_LINES,
    kinds={"workgroup": _group, "query": _of_query, "named": _of_named_query},
)
