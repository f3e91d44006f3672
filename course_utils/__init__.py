"""The stage crew of the course: models in, vectors out, and statistics that decide.

``import course_utils as cu`` is quick: torch, transformers and the rest are loaded when a name that needs them
is first used.

>>> import course_utils as cu
>>> sorted(name for name in cu.__all__ if name.startswith("load"))
['load_data', 'load_encoder', 'load_pretraining_model']
"""

import importlib

__version__ = "0.1.0"

_HOME = {
    "setup": "session",
    "load_encoder": "models",
    "load_pretraining_model": "models",
    "training_curve": "models",
    "Encoder": "models",
    "DamagedModelError": "models",
    "embed": "embedding",
    "embed_each": "embedding",
    "pool": "pooling",
    "load_data": "data",
    "train_sentence_encoder": "training",
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
}

__all__ = ["__version__", *sorted(_HOME)]


def __getattr__(name):
    if name in _HOME:
        value = getattr(importlib.import_module("course_utils." + _HOME[name]), name)
        globals()[name] = value
        return value
    if name in ("plots", "pretraining", "statistics", "similarity", "data"):
        return importlib.import_module("course_utils." + name)
    raise AttributeError("module 'course_utils' has no attribute %r. It has: %s" % (name, ", ".join(sorted(_HOME))))


def __dir__():
    return sorted([*globals(), *_HOME])
