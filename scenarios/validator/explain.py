"""What a person asks next, beside a finding: who did it, and what is left."""

from dataclasses import dataclass

from chalicelib.trail.integrity.digest import LogReference
from chalicelib.trail.integrity.findings import IntegrityFinding, What
from scenarios.validator.gaps import Gaps
from scenarios.validator.places import ChainLocation
from scenarios.validator.survivors import Survivors


@dataclass(frozen=True, slots=True, kw_only=True)
class Explainer:
    """Adds to findings what is known besides; never changes what they do to the verdict.

    Attributes:
        gaps: Says who made a gap; None where there is no account to ask.
        survivors: Says what versions are left; None where there are none, as on a disk.
    """

    gaps: Gaps | None = None
    survivors: Survivors | None = None

    def chain(self, finding: IntegrityFinding, place: ChainLocation) -> IntegrityFinding:
        """A finding about a chain's digests."""
        if finding.what is What.GAP:
            return self.gaps.explain(finding, place) if self.gaps else finding
        return self.survivors.digest(finding, place) if self.survivors else finding

    def log(self, finding: IntegrityFinding, reference: LogReference) -> IntegrityFinding:
        """A finding about a log file that a digest names."""
        return self.survivors.log(finding, reference) if self.survivors else finding
