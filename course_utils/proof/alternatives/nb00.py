"""Other right answers to the exercises of notebook 00."""

import numpy as np
import torch


def _scipy_cosine(a, b):
    from scipy.spatial.distance import cosine

    return 1 - cosine(a, b)


def _cosine_of_units(a, b):
    return (a / np.linalg.norm(a)) @ (b / np.linalg.norm(b))


def _cosine_torch(a, b):
    a, b = torch.as_tensor(a), torch.as_tensor(b)
    return torch.dot(a, b) / (a.norm() * b.norm())


def _cosine_sklearn(a, b):
    from sklearn.metrics.pairwise import cosine_similarity

    return cosine_similarity([a], [b])  # (1, 1): one number all the same


def _cosine_loop(a, b):
    dot = left = right = 0.0
    for x, y in zip(a, b, strict=True):
        dot, left, right = dot + x * y, left + x**2, right + y**2
    return dot / (left**0.5 * right**0.5)


ANSWERS = {
    "cosine": [
        _scipy_cosine,
        _cosine_of_units,
        _cosine_torch,
        _cosine_sklearn,
        _cosine_loop,
        lambda a, b: np.einsum("i,i->", a, b) / np.sqrt(np.einsum("i,i,j,j->", a, a, b, b)),
        lambda a, b: float(a.dot(b) / np.hypot.reduce(a) / np.hypot.reduce(b)),
    ]
}
