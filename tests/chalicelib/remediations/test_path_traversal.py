"""Which requests mean to leave a folder, and which only look like it."""

import re

import pytest

from chalicelib.remediations.path_traversal import _DOT, gets_out

GETS_OUT = {
    "/../../etc/passwd": "climbs to a file",
    "/static/../../../../home": "above the root",
    "/..%2f..%2fetc/passwd": "encoded",
    "/%2e%2e/%2e%2e/secret": "encoded",
    "/a/b/%2e%2e/c": "encoded",
    "/%252e%252e%252fetc/passwd": "encoded 2 times",
    "/%25252e%25252e%25252fx": "encoded 3 times",
    "/%c0%ae%c0%ae/x": "overlong",
    "/%e0%80%ae%e0%80%ae%e0%80%afx": "overlong",
    "/%25c0%25ae%25c0%25ae/x": "overlong",
    "/..%c0%afetc": "overlong",
    "/%u002e%u002e/x": "encoded",
    "/%%32%65%%32%65/x": "encoded 2 times",
    "/%25%32%65%25%32%65%2fx": "encoded 2 times",
    "/%f0%80%80%ae%f0%80%80%ae/x": "overlong",
    "/%uff0e%uff0e/x": "full width",
    "/%ef%bc%8e%EF%BC%8E%ef%bc%8fetc": "full width",
    "/....//....//etc/passwd": "taken out",
    "/..././..././x": "taken out",
    "/....\\\\....\\\\x": "taken out",
    "/%2e%2e%2e%2e%2f%2fx": "taken out",
    "/get?file=....//....//x": "taken out",
    "/..\\..\\windows/win.ini": "climbs to a file",
    "/..%5c..%5cx": "encoded",
    "/x/..;/..;/manager": "above the root",
    "/get?file=../../etc/passwd": "climbs to a file",
    "/get?file=a/../../../x": "above the root",
    "/get?file=..%2f..%2f..%2fx": "above the root",
    "/get?file=..%c0%afx": "overlong",
    "/get?..%2f..%2f..%2fx": "above the root",
    "/get?file=%252e%252e%252fx": "encoded",
    "/get?file=../.env": "climbs to a file",
    "https://shop.example:443/..%2f..%2fetc/passwd": "encoded",
    "/static/..%00/x": "encoded",
}
STAYS = [
    "/compare/v1..v2",
    "/compare/v1...v2",
    "/docs/a..b.txt",
    "/docs/..hidden/x",
    "/docs/v1../x",
    "/docs/.../x",
    "/docs/....txt",
    "/a/b/../c",
    "/shop?next=../basket",
    "/shop?next=%2e%2e/basket",
    "/shop?next=..%2Fbasket",
    "/shop?years=2020..2021",
    "/50%25..60%25",
    "/a%2fb",
    "/%252f..x",
    "https://shop.example:443/a/../b",
    "",
    "/?q=%",
    "/?q=..",
]


@pytest.mark.parametrize(("url", "why"), GETS_OUT.items(), ids=GETS_OUT)
def test_it_means_to_get_out_and_the_log_is_asked_for_it(url, why):
    assert why in gets_out(url)
    assert re.search(f"(?i){_DOT}{{2}}", url)


@pytest.mark.parametrize("url", STAYS, ids=lambda url: url or "nothing")
def test_it_only_looks_like_it(url):
    assert gets_out(url) == ""


def test_a_flood_of_encodings_ends():
    assert gets_out("/" + "%25" * 5000 + "2e" * 2) == ""
