"""Network interfaces: they are found by their public and IPv6 addresses, which moto's filters don't know.

Source: https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_DescribeNetworkInterfaces.html
"""

from collections.abc import Iterator, Mapping
from typing import Any

from scenarios.cloud.asked import Asked
from scenarios.cloud.setting import Setting

_PUBLIC = ("association.public-ip", "addresses.association.public-ip")
_IPV6 = "ipv6-addresses.ipv6-address"


class FoundByAddress:
    """Every network interface of the account."""

    def __init__(self, setting: Setting) -> None:
        self._setting = setting
        setting.calls.answer("ec2", "DescribeNetworkInterfaces", self._described)

    def _described(self, asked: Asked) -> dict[str, Any]:
        """What moto answers without the filters that it doesn't know, and of that what fits them."""
        given = dict(asked.parameters)
        filters = [each for each in given.pop("Filters", ()) if each.get("Name") not in (*_PUBLIC, _IPV6)]
        ec2 = self._setting.session.client("ec2", region_name=asked.region)
        answer: dict[str, Any] = ec2.describe_network_interfaces(
            **given, **({"Filters": filters} if filters else {})
        )
        answer.pop("ResponseMetadata", None)
        there = answer["NetworkInterfaces"]
        for each in asked.parameters.get("Filters", ()):
            if (name := each.get("Name")) in (*_PUBLIC, _IPV6):
                of = _ipv6 if name == _IPV6 else _public
                there = [one for one in there if set(of(one)) & set(each.get("Values", ()))]
        return {**answer, "NetworkInterfaces": there}


def _public(interface: Mapping[str, Any]) -> Iterator[str]:
    for each in (interface, *interface.get("PrivateIpAddresses", ())):
        if "PublicIp" in each.get("Association", {}):
            yield each["Association"]["PublicIp"]


def _ipv6(interface: Mapping[str, Any]) -> Iterator[str]:
    yield from (each["Ipv6Address"] for each in interface.get("Ipv6Addresses", ()))
