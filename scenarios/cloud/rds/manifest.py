"""RDS as one value: databases and their snapshots, as moto keeps them.

Source: https://docs.aws.amazon.com/service-authorization/latest/reference/list_amazonrds.html
"""

from scenarios.cloud.authorization.rows import QUERY, Permissions
from scenarios.cloud.kernel.recorded import Recorded, Style
from scenarios.cloud.service import Service

_LINES = """
DescribeDBInstances             =                         db(DBInstanceIdentifier=*)
ModifyDBInstance                =                         db(DBInstanceIdentifier)
DeleteDBInstance                =                         db(DBInstanceIdentifier)
DescribeDBClusters              =                         cluster(DBClusterIdentifier=*)
ModifyDBCluster                 =                         cluster(DBClusterIdentifier)
DeleteDBCluster                 =                         cluster(DBClusterIdentifier)
DescribeDBSnapshots             =                         snapshot(DBSnapshotIdentifier=*)
DescribeDBSnapshotAttributes    =                         snapshot(DBSnapshotIdentifier)
ModifyDBSnapshotAttribute       =                         snapshot(DBSnapshotIdentifier)
DescribeDBClusterSnapshots      =                         cluster-snapshot(DBClusterSnapshotIdentifier=*)
DescribeDBClusterSnapshotAttributes =                     cluster-snapshot(DBClusterSnapshotIdentifier)
ModifyDBClusterSnapshotAttribute =                        cluster-snapshot(DBClusterSnapshotIdentifier)
"""

SERVICE = Service(
    name="rds",
    simulated="databases, clusters and their snapshots as moto keeps them",
    missing="what takes time, events, backups that are made by themselves, what is in a database",
    permissions=Permissions(prefix="rds", denial=QUERY, lines=_LINES),
    recorded=(Recorded(service="rds", style=Style(mask="****")),),
)
