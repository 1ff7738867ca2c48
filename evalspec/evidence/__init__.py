"""What a score can prove about itself: the factors that produced it, and where each came from."""

from evalspec.evidence.environment import collect_environment
from evalspec.evidence.factors import Factor, as_metadata, instrument_digest, subject_digest
from evalspec.evidence.item_factors import item_factors
from evalspec.evidence.run_factors import run_factors
from evalspec.evidence.score_factors import score_factors

__all__ = [
    "Factor",
    "as_metadata",
    "collect_environment",
    "instrument_digest",
    "item_factors",
    "run_factors",
    "score_factors",
    "subject_digest",
]
