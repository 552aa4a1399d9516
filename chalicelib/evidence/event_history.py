"""CloudTrail's event history, asked no faster than it answers.

It answers two questions a second in each account and region, to whoever asks. Where a look has several, or
several pages, they go out one after another with a pause in between: asked at once, the third would be
throttled, and with it what other functions ask.

Source: https://docs.aws.amazon.com/awscloudtrail/latest/APIReference/API_LookupEvents.html
"""

import time
from collections.abc import Iterator, Mapping
from typing import Any

from chalicelib.aws import Aws

BETWEEN_SECONDS = 0.6


class EventHistory:
    """The event history of one region, for one look."""

    def __init__(self, aws: Aws, region: str) -> None:
        self._client = aws.client("cloudtrail", region)
        self._has_asked = False

    def look_up(self, **asked: Any) -> Mapping[str, Any]:
        """One page of LookupEvents; waits first where it is not the first. Raises what CloudTrail raises."""
        if self._has_asked:
            time.sleep(BETWEEN_SECONDS)
        self._has_asked = True
        answer: Mapping[str, Any] = self._client.lookup_events(**asked)
        return answer

    def pages(self, most: int, **asked: Any) -> Iterator[Mapping[str, Any]]:
        """The pages of one question, the newest first, as many as there are but not more than `most`."""
        for _ in range(most):
            page = self.look_up(**asked)
            yield page
            if "NextToken" not in page:
                return
            asked["NextToken"] = page["NextToken"]
