"""JSONPath: what a path finds, what it does not, and what is none."""

import pytest

from scenarios.cloud.kernel.errors import NotSimulated
from scenarios.cloud.kernel.json_paths import InvalidPath, NothingThere, is_reference, put, select

DOCUMENT = {"a": [{"b": 1, "c": "x"}, {"b": 2}], "n o": {"k": [1, 2, 3]}}


@pytest.mark.parametrize(
    ("path", "found"),
    [
        ("$", DOCUMENT),
        ("$.a[0].b", 1),
        ("$['n o']['k'][-1]", 3),
        ('$["n o"].k[0]', 1),
        ("$.a[*].b", [1, 2]),
        ("$.a.*.b", [1, 2]),
        ("$..b", [1, 2]),
        ("$..nothing", []),
        ("$['n o'].k[0:2]", [1, 2]),
        ("$['n o'].k[-2:]", [2, 3]),
        ("$['n o'].k[0,2]", [1, 3]),
        ("$.a[0]['b','c']", [1, "x"]),
        ("$.a[?(@.b > 1)].b", [2]),
        ("$.a[?(@.c == 'x')].b", [1]),
        ("$.a[?(@.c)].b", [1]),
        ("$.a[?(@.c > 3)].b", []),
        ("$.a[?(@.b >= 1 && @.c == 'x' || @.b == 2)].b", [1, 2]),
    ],
)
def test_a_path_finds(path, found):
    assert select(path, DOCUMENT) == found


@pytest.mark.parametrize("path", ["$.x", "$.a.b", "$.a[7]", "$['n o'].k.x"])
def test_a_definite_path_that_leads_nowhere_says_so(path):
    with pytest.raises(NothingThere):
        select(path, DOCUMENT)


@pytest.mark.parametrize("path", ["", "a", "$.", "$.a[", "$a", "$.a[?(b)]", "$.a b"])
def test_what_is_no_path_is_refused(path):
    with pytest.raises(InvalidPath):
        select(path, DOCUMENT)


def test_a_function_of_the_path_language_is_loud():
    with pytest.raises(NotSimulated, match="length"):
        select("$.a.length()", DOCUMENT)


@pytest.mark.parametrize(("path", "is_one"), [("$.a[0].b", True), ("$.a[*]", False), ("$..a", False)])
def test_a_reference_leads_to_one_place(path, is_one):
    assert is_reference(path) is is_one


def test_a_value_is_put_at_a_reference_and_the_rest_stays():
    assert put("$.a.b", 1, {"c": 2}) == {"c": 2, "a": {"b": 1}}
    assert put("$.a[1]", 9, {"a": [1, 2]}) == {"a": [1, 9]}
    assert put("$", 1, {"c": 2}) == 1
    with pytest.raises(NothingThere):
        put("$.a.b", 1, {"a": 2})
    with pytest.raises(InvalidPath):
        put("$.a[*]", 1, {"a": [2]})
