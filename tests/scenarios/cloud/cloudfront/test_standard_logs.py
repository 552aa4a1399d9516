"""A distribution's requests are in files of an hour, in a bucket whose ACL lets CloudFront in."""

import pytest
from botocore.exceptions import ClientError

from scenarios.cloud.cloudfront.standard_logs import AWSLOGSDELIVERY
from scenarios.cloud.kernel.errors import NotSimulated
from scenarios.runner.words.service_logs import Distribution, visited
from scenarios.service_logs import CLOUDFRONT
from tests.scenarios.cloud.log_files import files
from tests.scenarios.cloud.small_worlds import admin, noted, queue, world

SHOP = Distribution(name="shop", bucket="with-acls", prefix="cdn")


@pytest.fixture(scope="module")
def cloud():
    with world(queue()) as made:
        s3 = admin(made, "s3")
        for name in ("with-acls", "without"):
            s3.create_bucket(
                Bucket=name,
                ObjectOwnership="BucketOwnerPreferred" if name == "with-acls" else "BucketOwnerEnforced",
            )
        SHOP.there().do(made)
        found = admin(made, "cloudfront").list_distributions()["DistributionList"]["Items"]
        made.distribution = found[0]["Id"]
        yield made


def change(cloud, client, bucket):
    found = admin(cloud, "cloudfront").get_distribution_config(Id=cloud.distribution)
    config = found["DistributionConfig"]
    config["Logging"] = {**config["Logging"], "Bucket": f"{bucket}.s3.amazonaws.com"}
    client.update_distribution(Id=cloud.distribution, IfMatch=found["ETag"], DistributionConfig=config)


@pytest.mark.slow
def test_what_a_client_asks_for_is_in_the_file_of_its_hour(cloud):
    visited(SHOP, "203.0.113.66", ["/a b/%2e?x=1"], status=404).do(cloud)
    hour = f"{cloud.clock.now:%Y-%m-%d-%H}"
    cloud.run(3 * 3600)

    (key,) = files(cloud, "with-acls")
    assert key.startswith(f"cdn/{cloud.distribution}.{hour}.")
    version, names, line = files(cloud, "with-acls")[key].splitlines()
    assert (version, names.split()[0]) == ("#Version: 1.0", "#Fields:")
    said = CLOUDFRONT.read(line)
    assert (said["c-ip"], said["cs-uri-stem"], said["cs-uri-query"]) == (
        "203.0.113.66",
        "/a%20b/%252e",
        "x=1",
    )
    assert (said["sc-status"], said["x-edge-result-type"]) == ("404", "Error")


def test_a_bucket_without_acls_is_refused(cloud):
    with pytest.raises(ClientError, match=r"does not enable ACL access: without\.s3") as caught:
        change(cloud, admin(cloud, "cloudfront"), "without")

    assert caught.value.response["Error"]["Code"] == "InvalidArgument"


@pytest.mark.parametrize("bucket", ["without", "nowhere"])
def test_who_may_not_change_the_acl_may_not_log(cloud, bucket):
    only = {
        "Version": "2012-10-17",
        "Statement": {"Effect": "Allow", "Action": "cloudfront:*", "Resource": "*"},
    }
    mallory = cloud.client(cloud.user("mallory", policies=(only,)), "cloudfront")

    with pytest.raises(ClientError, match="s3:GetBucketAcl and s3:PutBucketAcl"):
        change(cloud, mallory, bucket)


@pytest.mark.slow
def test_without_the_grant_the_lines_are_lost(cloud):
    s3 = admin(cloud, "s3")
    s3.put_bucket_acl(Bucket="with-acls", ACL="private")
    visited(SHOP, "203.0.113.66", ["/lost"]).do(cloud)
    cloud.run(3 * 3600)

    assert any("1 lines of the standard log" in each for each in noted(cloud, "lost"))

    change(cloud, admin(cloud, "cloudfront"), "with-acls")
    grants = s3.get_bucket_acl(Bucket="with-acls")["Grants"]
    assert AWSLOGSDELIVERY in [each["Grantee"]["ID"] for each in grants]


def test_real_time_logs_are_loud(cloud):
    with pytest.raises(NotSimulated):
        admin(cloud, "cloudfront").create_realtime_log_config(
            Name="n", SamplingRate=1, Fields=["timestamp"], EndPoints=[{"StreamType": "Kinesis"}]
        )
