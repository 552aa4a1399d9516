"""A page of a listing is read as botocore reads it."""

from datetime import UTC, datetime

import pytest

from chalicelib.trail.integrity.evidence import StoredObject
from scenarios.validator.pages import Page, UnknownPage, parse_page

AT = datetime(2024, 1, 1, 1, 2, 3, tzinfo=UTC)
SPACE = 'xmlns="http://s3.amazonaws.com/doc/2006-03-01/"'
OBJECTS = f"""<?xml version="1.0" encoding="UTF-8"?>
<ListBucketResult {SPACE}><Name>b</Name><Prefix>a/</Prefix><EncodingType>url</EncodingType>
<IsTruncated>true</IsTruncated><NextContinuationToken>1+/=</NextContinuationToken>
<Contents><Key>a/%C3%BC+%2B%0A</Key><LastModified>2024-01-01T01:02:03.000Z</LastModified></Contents>
<CommonPrefixes><Prefix>a/b%26c/</Prefix></CommonPrefixes></ListBucketResult>"""
VERSIONS = f"""<ListVersionsResult {SPACE}><IsTruncated>true</IsTruncated><EncodingType>url</EncodingType>
<NextKeyMarker>a%2Fx</NextKeyMarker><NextVersionIdMarker>v1</NextVersionIdMarker>
<Version><Key>x</Key><VersionId>v1</VersionId><IsLatest>false</IsLatest>
<LastModified>2024-01-01T01:02:03.000Z</LastModified></Version>
<DeleteMarker><Key>x</Key><VersionId>v2</VersionId><IsLatest>true</IsLatest>
<LastModified>2024-01-01T01:02:03.000Z</LastModified></DeleteMarker></ListVersionsResult>"""


def test_objects_folders_and_the_token_of_the_next_page():
    assert parse_page("b", OBJECTS.encode()) == Page(
        objects=(StoredObject(bucket="b", key="a/ü +\n", modified_at=AT),),
        folders=("a/b&c/",),
        more={"continuation-token": "1+/="},
    )


def test_versions_and_delete_markers():
    assert parse_page("b", VERSIONS.encode()) == Page(
        objects=(
            StoredObject(bucket="b", key="x", modified_at=AT, version="v1", latest=False),
            StoredObject(bucket="b", key="x", modified_at=AT, version="v2", delete_marker=True),
        ),
        folders=(),
        more={"key-marker": "a/x", "version-id-marker": "v1"},
    )


def test_the_last_page_names_no_next_one():
    assert parse_page("b", OBJECTS.replace("<IsTruncated>true", "<IsTruncated>false").encode()).more == {}


@pytest.mark.parametrize(
    "body",
    [
        pytest.param("", id="nothing"),
        pytest.param("<html><body>sign in</body></html>", id="a captive portal"),
        pytest.param("<Error><Code>SlowDown</Code></Error>", id="an error told with 200"),
        pytest.param("<ListBucketResult><Contents><Key>x</Key></Contents></ListBucketResult>", id="no time"),
        pytest.param("<ListBucketResult><IsTruncated>true</IsTruncated></ListBucketResult>", id="no token"),
        pytest.param("<ListBucketResult>", id="cut short"),
    ],
)
def test_what_is_no_listing_is_left_to_the_client(body):
    with pytest.raises(UnknownPage):
        parse_page("b", body.encode())
