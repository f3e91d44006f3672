"""The stage crew of the course: models in, vectors out, and statistics that decide.

``import course_utils as cu`` is quick: torch, transformers and the rest are loaded when a name that needs them
is first used.

>>> import course_utils as cu
>>> sorted(name for name in cu.__all__ if name.startswith("load"))
['load_data', 'load_encoder', 'load_pretraining_model', 'load_with_heads']
"""

import importlib

__version__ = "0.1.0"

_HOME = {
    "setup": "session",
    "online": "on_request",
    "beside_published": "published",
    "load_encoder": "models",
    "load_pretraining_model": "models",
    "training_curve": "models",
    "Encoder": "models",
    "DamagedModelError": "models",
    "FetchError": "hub",
    "NotEnoughMemoryError": "memory",
    "embed": "embedding",
    "embed_each": "embedding",
    "pool": "pooling",
    "Postprocessing": "postprocessing",
    "fit_centring": "postprocessing",
    "fit_zscoring": "postprocessing",
    "fit_whitening": "postprocessing",
    "masked_mean": "pooling",
    "masked_max": "pooling",
    "token_idf": "weighting",
    "embed_weighted": "weighting",
    "spearman_differences": "comparisons",
    "spearman_intervals": "comparisons",
    "load_data": "data",
    "train_sentence_encoder": "training",
    "fine_tune_classifier": "training",
    "as_sentence_transformer": "training",
    "evaluate": "tasks",
    "score": "scores",
    "score_difference": "scores",
    "seed_differences": "scores",
    "judge_scores": "scores",
    "replications": "replication",
    "evaluate_both": "replication",
    "cosine": "similarity",
    "cosine_matrix": "similarity",
    "random_pair_cosines": "similarity",
    "nearest": "similarity",
    "tfidf_vectors": "similarity",
    "Interval": "statistics",
    "bootstrap": "statistics",
    "spearman": "statistics",
    "spearman_interval": "statistics",
    "spearman_difference": "statistics",
    "Verdict": "statistics",
    "judge": "statistics",
    "judge_fact": "statistics",
    "ledger": "statistics",
    "longest_match": "subwords",
    "wordpiece": "subwords",
    "wordpiece_walk": "subwords",
    "train_pieces": "subwords",
    "learn_merges": "subwords",
    "is_wordpiece": "tokens",
    "bert_words": "tokens",
    "tokens_a_word": "tokens",
    "text_of_span": "tokens",
    "fertility": "tokens",
    "fertility_difference": "tokens",
    "count_tokens": "tokens",
    "jaccard": "tokens",
    "pad_batch": "tokens",
    "truncate": "tokens",
    "padded_means": "tokens",
    "Reading": "probing",
    "fit_probe": "probing",
    "probe": "probing",
    "neighbour_vote": "probing",
    "majority": "probing",
    "dimension_shares": "probing",
    "partner_rank": "probing",
    "progress": "exercises",
    "load_with_heads": "objectives",
    "heads_of": "objectives",
    "embedding_parts": "objectives",
    "mask_tokens": "objectives",
    "mask_batch": "objectives",
    "mlm_logits": "objectives",
    "mlm_predictions": "objectives",
    "next_probability": "objectives",
    "position_gradients": "objectives",
    "fill_mask": "pretraining.evaluation",
    "assemble": "segments",
    "segment_pairs": "segments",
    "pair_batch": "segments",
    "masked_pairs": "segments",
    "recall_at": "search",
    "reciprocal_rank": "search",
    "fuse_rankings": "search",
    "SearchIndex": "search",
    "model_checksum": "search",
    "read_texts": "texts",
    "f1": "duplicates",
    "choose_threshold": "duplicates",
    "padding_share": "large",
    "embed_collection": "large",
    "embed_on_devices": "large",
    "exact_search": "large",
    "approximate_index": "large",
    "approximate_search": "large",
    "shared_at": "large",
    "combined_texts": "large",
    "timed_collection": "large",
    "gigabytes": "large",
    "extrapolate": "large",
    "repeated_verdicts": "repetition",
    "course_ledger": "ledgers",
    "count_verdicts": "ledgers",
    "linear_cka": "cka",
    "cka_floor": "cka",
    "label_share": "separation",
    "shuffled_shares": "separation",
    "alignment": "geometry",
    "uniformity": "geometry",
    "comparison_costs": "costs",
    "time_comparisons": "costs",
    "in_batch_loss": "contrastive",
    "attention_shares": "attention",
    "token_groups": "attention",
}

__all__ = ["__version__", *sorted(_HOME)]


def __getattr__(name):
    if name in _HOME:
        value = getattr(importlib.import_module("course_utils." + _HOME[name]), name)
        globals()[name] = value
        return value
    if name in ("plots", "pretraining", "statistics", "similarity", "data", "interactive"):
        return importlib.import_module("course_utils." + name)
    raise AttributeError("module 'course_utils' has no attribute %r. It has: %s" % (name, ", ".join(sorted(_HOME))))


def __dir__():
    return sorted([*globals(), *_HOME])
