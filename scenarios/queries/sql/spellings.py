"""How the JSON of AWS's logs spells what tables name in lower case.

Athena's SerDes take no notice of case. What isn't spelled here is looked for in the files, which takes
longer.
"""

from typing import Final

_NAMES = """
eventVersion userIdentity principalId accountId invokedBy accessKeyId userName onBehalfOf userId
identityStoreArn sessionContext mfaAuthenticated creationDate sessionIssuer ec2RoleDelivery
webIdFederationData federatedProvider eventTime eventSource eventName awsRegion sourceIPAddress userAgent
errorCode errorMessage requestParameters responseElements additionalEventData requestID eventID readOnly
eventType apiVersion managementEvent recipientAccountId serviceEventDetails sharedEventID vpcEndpointId
vpcEndpointAccountId eventCategory updatedFields originalRequestID originalEventID
sessionCredentialFromConsole edgeDeviceDetails tlsDetails tlsVersion cipherSuite clientProvidedHostHeader
inScopeOf credentialsIssuedTo issuerType identityProvider sourceArn sourceAccount invokedByDelegate
"""
# Names of one small word are spelled so everywhere but where the path below says otherwise.
_PLAIN = "type arn attributes addendum reason resources"
_WAF = """
timestamp formatVersion webaclId terminatingRuleId terminatingRuleType action terminatingRuleMatchDetails
conditionType sensitivityLevel location matchedData httpSourceName httpSourceId ruleGroupList ruleGroupId
terminatingRule ruleId ruleMatchDetails nonTerminatingMatchingRules overriddenAction challengeResponse
responseCode solveTimestamp captchaResponse excludedRules exclusionType rateBasedRuleList rateBasedRuleId
limitKey maxRateAllowed httpRequest clientIp country headers name value uri args httpVersion httpMethod
requestId fragment scheme host labels failureReason requestBodySize requestBodySizeInspectedByWAF
requestHeadersInserted responseCodeSent ja3Fingerprint ja4Fingerprint oversizeFields
"""


def _by_lower(*texts: str) -> dict[str, str]:
    return {each.lower(): each for text in texts for each in text.split()}


_IN_CLOUDTRAIL: Final = _by_lower(_PLAIN, _NAMES)
_IN_WAF: Final = _by_lower(_WAF)
_OF_PATHS: Final[dict[tuple[str, ...], str]] = {("resources", "arn"): "ARN"}
_MARKS: Final = ("webaclid", "terminatingruleid")


def known(columns: tuple[str, ...], *, cloudtrail: bool) -> "Spelling":
    """How the columns of a table, and what is in them, are spelled: as far as that is known."""
    if cloudtrail:
        return Spelling(_IN_CLOUDTRAIL)
    return Spelling(_IN_WAF if any(each in columns for each in _MARKS) else {})


class Spelling:
    """Names by the path to them."""

    def __init__(self, names: dict[str, str]) -> None:
        self._names = names

    def of(self, path: tuple[str, ...]) -> str | None:
        """The name at the end of a path of lower-case names; None where it isn't known."""
        return _OF_PATHS.get(path) or self._names.get(path[-1])
