"""What a function may do on the ledger: on its own partitions, and on no others.

IAM sees the partition key of what is read or written (`dynamodb:LeadingKeys`), and the sort key not.
Source: https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/specifying-conditions.html
"""

from chalicelib.ledger.table import Kind, partition
from chalicelib.remediation import Grant

ANY = "*"


def on_ledger(kind: Kind, of: str, *actions: str, acting: bool = False) -> tuple[Grant, ...]:
    """These of DynamoDB's actions, on the items of a kind.

    `of`: whose; ANY for everybody's, "" where the kind has one partition.
    """
    keys = (partition(kind, *filter(None, (of,))),)
    return tuple(
        Grant(action=f"dynamodb:{action}", resource="${Ledger.Arn}", leading_keys=keys, acting=acting)
        for action in actions
    )
