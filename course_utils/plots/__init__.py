"""The course's figures: one look for all, and alt text for each.

Each function returns a matplotlib figure; ``show`` displays it once, with its alternative text.
"""

from course_utils.plots.batches import batch_grid, padding_bug
from course_utils.plots.choosing import first_pairs, rank_strips, systems_by_tasks, topic_clusters
from course_utils.plots.comparison import cosine_distributions, forest, layers, strata, training_curves
from course_utils.plots.corrections import correction_curves, difference_forest
from course_utils.plots.deployment import collection_times, padding_boxes
from course_utils.plots.fine_tuning import attention_and_effect, projections, similarity_blocks
from course_utils.plots.heads import attention_bars, next_shares
from course_utils.plots.pooling import masked_mean_picture, padding_curves, shared_words
from course_utils.plots.probing import probe_panels, shares_of_dimensions, two_readings
from course_utils.plots.sentence_bert import batch_matrix, comparison_times, loss_curves
from course_utils.plots.showing import show
from course_utils.plots.siamese import alignment_uniformity, before_after, strata_shift, trained_and_read
from course_utils.plots.special_tokens import blanks, embedding_strips, gradient_profile, gradient_table
from course_utils.plots.style import CLS, CONTROL, INK, MEAN, OTHER, SBERT, STYLES, look_of, use_style
from course_utils.plots.tokenization import fertility_by_kind, longest_match_walk, subword_view, vocabulary_curve
from course_utils.plots.transfer import cka_by_layer, controls_forest, transfer_matrix
from course_utils.plots.verdicts import decision_chart, thesis_verdicts

__all__ = [
    "CLS",
    "CONTROL",
    "INK",
    "MEAN",
    "OTHER",
    "SBERT",
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
    "look_of",
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
