"""S3: buckets, and what the whole account blocks.

Sources: https://github.com/awslabs/aws-config-resource-schema, https://github.com/awslabs/aws-config-rdk
(recorded items), https://docs.aws.amazon.com/config/latest/developerguide/resource-config-reference.html
"""

from collections.abc import Iterator

from scenarios.cloud.config.items import REGIONAL, Found, camel, tags_of
from scenarios.cloud.config.resource_types.s3_settings import settings_of
from scenarios.cloud.config.resource_types.view import ResourceType, View

BUCKET, ACCOUNT_BLOCK = "AWS::S3::Bucket", "AWS::S3::AccountPublicAccessBlock"


def buckets(view: View) -> Iterator[Found]:
    """The buckets of the region."""
    answer = view("s3", "ListBuckets")
    for each in answer["Buckets"]:
        name = each["Name"]
        if known := view.unchanged(BUCKET, name):
            yield known
            continue
        location = view("s3", "GetBucketLocation", Bucket=name).get("LocationConstraint")
        if (location or "us-east-1") != view.region:
            continue
        tags = tags_of(view.unless("NoSuchTagSet", "s3", "GetBucketTagging", Bucket=name).get("TagSet"))
        yield Found(
            type=BUCKET,
            id=name,
            name=name,
            arn=f"arn:aws:s3:::{name}",
            zone=REGIONAL,
            tags=tags,
            configuration={
                "name": name,
                "owner": {"displayName": None, "id": answer["Owner"]["ID"]},
                "creationDate": camel(each["CreationDate"]),
            },
            supplementary=settings_of(view, name, tags),
            created=each["CreationDate"],
        )


def account_public_access_block(view: View) -> Iterator[Found]:
    """What the account blocks for all of its buckets; nothing where that was never set."""
    block = view.unless(
        "NoSuchPublicAccessBlock", "s3control", "GetPublicAccessBlock", AccountId=view.account
    )
    if block:
        yield Found(
            type=ACCOUNT_BLOCK,
            id=view.account,
            arn="",
            configuration=camel(block["PublicAccessBlockConfiguration"]),
        )


TYPES = (
    ResourceType(name=BUCKET, service="s3", look=buckets),
    ResourceType(name=ACCOUNT_BLOCK, service="s3control", look=account_public_access_block),
)
