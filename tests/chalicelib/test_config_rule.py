"""The parts of a rule: what can be said of a resource, and which rules can't be made."""

from dataclasses import replace

import pytest

from chalicelib.config_rule import LONGEST_ANNOTATION, Compliance, ComplianceType
from chalicelib.config_rules.group_unused import RULE


def test_an_annotation_that_is_too_long_is_refused_and_the_three_ways_cut_it():
    long = "x" * (LONGEST_ANNOTATION + 1)

    with pytest.raises(ValueError, match="the annotation has 257 characters of 256"):
        Compliance(type=ComplianceType.NON_COMPLIANT, annotation=long)
    for way in (Compliance.compliant, Compliance.non_compliant, Compliance.not_applicable):
        assert len(way(long).annotation) == LONGEST_ANNOTATION
        assert way("short").annotation == "short"


@pytest.mark.parametrize(
    ("fields", "sentence"),
    [
        ({"on_change": False}, "is asked neither about changes nor every so often"),
        ({"look": lambda _aws, _parameters: ()}, "looks by itself"),
    ],
)
def test_a_rule_that_would_never_be_asked_cannot_be_made(fields, sentence):
    with pytest.raises(ValueError, match=sentence):
        replace(RULE, **fields)
