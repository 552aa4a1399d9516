"""IAM's rows for Amazon MSK: clusters.

Source: https://docs.aws.amazon.com/service-authorization/latest/reference/list_amazonmanagedstreamingforapachekafka.html
"""

from scenarios.cloud.authorization.rows import REST_JSON, Permissions

_OF_A_CLUSTER = ("DescribeCluster", "DescribeClusterV2", "DeleteCluster", "ListScramSecrets")
_LINES = "\n".join((*(f"{each} = given(ClusterArn)" for each in _OF_A_CLUSTER), "GetBootstrapBrokers = *"))

PERMISSIONS = Permissions(prefix="kafka", denial=REST_JSON, lines=_LINES)
