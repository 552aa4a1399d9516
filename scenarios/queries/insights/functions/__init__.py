"""Functions of values, by their names in small letters.

Source: https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/CWL_QuerySyntax-operations-functions.html and
https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/CWL_QuerySyntax-hash-functions.html
"""

from scenarios.queries.insights.functions import addresses, general, json_values, numbers, texts, times
from scenarios.queries.insights.functions.function import Function
from scenarios.queries.insights.switches import Switches
from scenarios.queries.insights.values import Values


def functions(values: Values, switches: Switches) -> dict[str, Function]:
    """Every function that takes values, and nothing of the query around it."""
    return {
        **numbers.functions(),
        **texts.functions(values, switches),
        **addresses.functions(values),
        **json_values.functions(values),
        **general.functions(values),
        **times.functions(values),
    }
