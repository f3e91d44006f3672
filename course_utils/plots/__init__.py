"""The course's figures: one look for all, and alt text for each.

Each function returns a matplotlib figure; ``show`` displays it once, with its alternative text.
"""

from course_utils.plots.comparison import cosine_distributions, forest, layers, strata, training_curves
from course_utils.plots.pooling import (
    correction_curves,
    difference_forest,
    masked_mean_picture,
    padding_curves,
    shared_words,
)
from course_utils.plots.probing import probe_panels, shares_of_dimensions, two_readings
from course_utils.plots.special_tokens import (
    attention_bars,
    blanks,
    embedding_strips,
    gradient_profile,
    gradient_table,
    next_shares,
)
from course_utils.plots.style import CLS, CONTROL, INK, MEAN, OTHER, STYLES, show, use_style
from course_utils.plots.tokenization import (
    batch_grid,
    fertility_by_kind,
    longest_match_walk,
    padding_bug,
    subword_view,
    vocabulary_curve,
)

__all__ = [
    "CLS",
    "CONTROL",
    "INK",
    "MEAN",
    "OTHER",
    "STYLES",
    "attention_bars",
    "batch_grid",
    "blanks",
    "correction_curves",
    "cosine_distributions",
    "difference_forest",
    "embedding_strips",
    "fertility_by_kind",
    "forest",
    "gradient_profile",
    "gradient_table",
    "layers",
    "longest_match_walk",
    "masked_mean_picture",
    "next_shares",
    "padding_bug",
    "padding_curves",
    "probe_panels",
    "shared_words",
    "shares_of_dimensions",
    "show",
    "strata",
    "subword_view",
    "training_curves",
    "two_readings",
    "use_style",
    "vocabulary_curve",
]
