"""What moto leaves out of delivery streams: OpenSearch as their destination."""

from typing import Any

import moto.firehose.responses as firehose_responses

from scenarios.cloud.firehose.configured import OPENSEARCH
from scenarios.cloud.kernel.moto_mends import Mend

_create = firehose_responses.FirehoseResponse.create_delivery_stream
_parameter = firehose_responses.FirehoseResponse._get_param  # noqa: SLF001 - moto offers no other way
_THEIRS, _OURS = "ElasticsearchDestinationConfiguration", f"{OPENSEARCH}DestinationConfiguration"


def _create_with_opensearch(response: Any) -> Any:
    """A stream to OpenSearch is one to Elasticsearch to moto, by another name."""
    if not _parameter(response, _OURS):
        return _create(response)

    def named(name: str, *more: Any) -> Any:
        return _parameter(response, _OURS if name == _THEIRS else name, *more)

    response._get_param = named  # noqa: SLF001 - for this response alone
    answer = _create(response)
    stream = response.firehose_backend.delivery_streams[named("DeliveryStreamName")]
    stream.destinations[0][OPENSEARCH] = stream.destinations[0].pop("Elasticsearch")
    return answer


MENDS: tuple[Mend, ...] = (
    (firehose_responses.FirehoseResponse, "create_delivery_stream", _create_with_opensearch),
)
