"""Refusals of requests that were never understood, in the protocol that they seem to speak."""

import json
from xml.sax.saxutils import escape

from scenarios.cloud.authorization.denied import Unusable, refusal_of
from scenarios.cloud.kernel.moto_protocols import QUERY
from scenarios.serve.messages import HttpAnswer, HttpRequest

_S3 = "<?xml version='1.0' encoding='utf-8'?>\n<Error><Code>{code}</Code><Message>{message}</Message></Error>"
_QUERY = (
    "<ErrorResponse><Error><Type>Sender</Type><Code>{code}</Code><Message>{message}</Message></Error>"
    "</ErrorResponse>"
)


def refusal(request: HttpRequest, code: str, message: str, status: int) -> HttpAnswer:
    """An error that every SDK can read: XML for S3 and query services, else JSON."""
    protocol = _protocol_of(request)
    if protocol == "json":
        body = json.dumps({"__type": code, "message": message, "Message": message})
        headers = {"Content-Type": "application/x-amz-json-1.0", "x-amzn-ErrorType": code}
        return HttpAnswer(status=status, headers=headers, body=body.encode())
    form = _S3 if protocol == "rest-xml" else _QUERY
    body = form.format(code=escape(code), message=escape(message))
    return HttpAnswer(status=status, headers={"Content-Type": "text/xml"}, body=body.encode())


def unusable(request: HttpRequest, why: Unusable) -> HttpAnswer:
    """Credentials that nobody has, or a signature that they didn't make."""
    code, status = refusal_of(_protocol_of(request), why)
    return refusal(request, code, why.value, status)


def _protocol_of(request: HttpRequest) -> str:
    headers = request.headers
    if "x-amz-target" in headers or headers.get("smithy-protocol"):
        return "json"
    if headers.get("content-type", "").startswith("application/x-www-form-urlencoded"):
        return QUERY
    scope = headers.get("authorization", "") + request.query
    of_s3 = "/s3/aws4_request" in scope or "%2Fs3%2F" in scope or scope.startswith("AWS ")
    return "rest-xml" if of_s3 or "AWSAccessKeyId" in scope or not scope else "json"
