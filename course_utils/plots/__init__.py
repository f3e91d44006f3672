"""The course's figures: one look for all, and alt text for each.

Each function returns a matplotlib figure; ``show`` displays it once, with its alternative text.
"""

from course_utils.plots.choosing import (
    collection_times,
    decision_chart,
    first_pairs,
    padding_boxes,
    rank_strips,
    systems_by_tasks,
    thesis_verdicts,
    topic_clusters,
)
from course_utils.plots.comparison import cosine_distributions, forest, layers, strata, training_curves
from course_utils.plots.fine_tuning import (
    attention_and_effect,
    cka_by_layer,
    controls_forest,
    projections,
    similarity_blocks,
    transfer_matrix,
)
from course_utils.plots.pooling import (
    correction_curves,
    difference_forest,
    masked_mean_picture,
    padding_curves,
    shared_words,
)
from course_utils.plots.probing import probe_panels, shares_of_dimensions, two_readings
from course_utils.plots.sentence_bert import (
    alignment_uniformity,
    batch_matrix,
    before_after,
    comparison_times,
    loss_curves,
    strata_shift,
    trained_and_read,
)
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
    "alignment_uniformity",
    "attention_and_effect",
    "attention_bars",
    "batch_grid",
    "batch_matrix",
    "before_after",
    "blanks",
    "cka_by_layer",
    "collection_times",
    "comparison_times",
    "controls_forest",
    "correction_curves",
    "cosine_distributions",
    "decision_chart",
    "difference_forest",
    "embedding_strips",
    "fertility_by_kind",
    "first_pairs",
    "forest",
    "gradient_profile",
    "gradient_table",
    "layers",
    "longest_match_walk",
    "loss_curves",
    "masked_mean_picture",
    "next_shares",
    "padding_boxes",
    "padding_bug",
    "padding_curves",
    "probe_panels",
    "projections",
    "rank_strips",
    "shared_words",
    "shares_of_dimensions",
    "show",
    "similarity_blocks",
    "strata",
    "strata_shift",
    "subword_view",
    "systems_by_tasks",
    "thesis_verdicts",
    "topic_clusters",
    "trained_and_read",
    "training_curves",
    "transfer_matrix",
    "two_readings",
    "use_style",
    "vocabulary_curve",
]
