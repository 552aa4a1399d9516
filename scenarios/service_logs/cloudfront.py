"""CloudFront's standard access logs: tabs between the fields, two lines at the head of a file.

Columns are those of Athena's page. Values that a viewer chose (agent, referrer, query) are URL-encoded.

Sources: https://docs.aws.amazon.com/AmazonCloudFront/latest/DeveloperGuide/standard-logs-reference.html,
https://docs.aws.amazon.com/athena/latest/ug/create-cloudfront-table-standard-logs.html
"""

from typing import Final

from scenarios.service_logs.fields import Field, Format, Type

_NAMES: Final = (
    *("date", "time", "x-edge-location", "sc-bytes", "c-ip", "cs-method", "cs(Host)", "cs-uri-stem"),
    *("sc-status", "cs(Referer)", "cs(User-Agent)", "cs-uri-query", "cs(Cookie)", "x-edge-result-type"),
    *("x-edge-request-id", "x-host-header", "cs-protocol", "cs-bytes", "time-taken", "x-forwarded-for"),
    *("ssl-protocol", "ssl-cipher", "x-edge-response-result-type", "cs-protocol-version", "fle-status"),
    *("fle-encrypted-fields", "c-port", "time-to-first-byte", "x-edge-detailed-result-type"),
    *("sc-content-type", "sc-content-len", "sc-range-start", "sc-range-end"),
)
_TYPES: Final = {
    "date": Type.DATE,
    **dict.fromkeys(("sc-bytes", "cs-bytes", "sc-content-len", "sc-range-start", "sc-range-end"), Type.LONG),
    **dict.fromkeys(("sc-status", "fle-encrypted-fields", "c-port"), Type.INTEGER),
    **dict.fromkeys(("time-taken", "time-to-first-byte"), Type.NUMBER),
}
_COLUMNS: Final = {"cs(Referer)": "cs_referrer"}

STANDARD: Final = Format(
    name="cloudfront_standard_logs",
    title="CloudFront's standard logs",
    fields=tuple(
        Field(name=each, type=_TYPES.get(each, Type.TEXT), column=_COLUMNS.get(each, "")) for each in _NAMES
    ),
    required=19,
    separator="\t",
    header=("#Version: 1.0", f"#Fields: {' '.join(_NAMES)}"),
    source="https://docs.aws.amazon.com/AmazonCloudFront/latest/DeveloperGuide/standard-logs-reference.html",
)
