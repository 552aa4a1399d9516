"""Saved queries: a name, a text, and perhaps the log groups and parameters that belong to it.

The text is not read when it is saved: a definition may hold anything, `{{name}}` for a parameter included.

Source: https://docs.aws.amazon.com/AmazonCloudWatchLogs/latest/APIReference/API_PutQueryDefinition.html
"""

from typing import Any

from scenarios.cloud.asked import Asked
from scenarios.cloud.kernel import moto_state
from scenarios.cloud.kernel.errors import Refused
from scenarios.cloud.logs.events import milliseconds
from scenarios.cloud.logs.queries import QUERIES
from scenarios.cloud.logs.saved_queries import saved_queries
from scenarios.cloud.setting import Setting

MOST_DEFINITIONS = 1_000
_KEPT = ("queryLanguage", "name", "queryString", "logGroupNames", "parameters")


class QueryDefinitions:
    """Every saved query of the account, by region and id."""

    def __init__(self, setting: Setting) -> None:
        self._setting = setting
        self._by_token: dict[tuple[str, str], str] = {}
        setting.calls.answer("logs", "PutQueryDefinition", self._put)
        setting.calls.answer("logs", "DescribeQueryDefinitions", self._describe)
        setting.calls.answer("logs", "DeleteQueryDefinition", self._delete)

    def _put(self, asked: Asked) -> dict[str, Any]:
        """Save a query, or replace all that an earlier one of this id said."""
        given, region = asked.parameters, asked.region
        wanted, token = given.get("queryDefinitionId", ""), (region, given.get("clientToken", ""))
        if wanted:
            self._must_be_there(region, wanted)
        elif token in self._by_token:
            wanted = self._by_token[token]
        elif len(self._of(region)) >= MOST_DEFINITIONS:
            raise Refused("LimitExceededException", "Resource limit exceeded.")
        found = wanted or self._setting.new_uuid("logs.query-definition")
        if given.get("clientToken"):
            self._by_token[token] = found
        self._of(region)[found] = {
            "queryLanguage": "CWLI",
            "queryDefinitionId": found,
            **{name: given[name] for name in _KEPT if name in given},
            "lastModified": milliseconds(self._setting.clock.now),
        }
        return {"queryDefinitionId": found}

    def _describe(self, asked: Asked) -> dict[str, Any]:
        prefix = asked.parameters.get("queryDefinitionNamePrefix", "")
        language = asked.parameters.get("queryLanguage")
        found = [
            definition
            for definition in self._of(asked.region).values()
            if definition["name"].startswith(prefix) and language in (None, definition["queryLanguage"])
        ]
        page, more = QUERIES.page(found, asked.parameters)
        return {"queryDefinitions": page, **more}

    def _delete(self, asked: Asked) -> dict[str, Any]:
        wanted = asked.parameters["queryDefinitionId"]
        self._must_be_there(asked.region, wanted)
        del self._of(asked.region)[wanted]
        return {"success": True}

    def _of(self, region: str) -> dict[str, dict[str, Any]]:
        return saved_queries(moto_state.backend("logs", self._setting.account, region))

    def _must_be_there(self, region: str, definition: str) -> None:
        if definition not in self._of(region):
            raise Refused("ResourceNotFoundException", "The specified query definition does not exist.")
