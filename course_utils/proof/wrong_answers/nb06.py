"""Wrong answers to the exercises of notebook 06."""

import numpy as np
import torch
from torch.nn.functional import cross_entropy, normalize


def _loss(anchors, candidates, scale, own=None, change=lambda cosines: cosines, **options):
    logits = change(scale * normalize(anchors, dim=1) @ normalize(candidates, dim=1).T)
    return cross_entropy(logits, torch.arange(len(logits)) if own is None else own, **options)


def _triplet(anchors, candidates, scale):
    n = len(anchors)
    gaps = (anchors - candidates[:n]).norm(dim=1) - (anchors - candidates[n:]).norm(dim=1)
    return (gaps + 1).clamp(min=0).mean()


def _own_out_of_the_sum(anchors, candidates, scale):
    """The positive is left out below the line."""
    logits = scale * normalize(anchors, dim=1) @ normalize(candidates, dim=1).T
    own = logits.diagonal()
    others = logits.masked_fill(torch.eye(*logits.shape, dtype=torch.bool), float("-inf"))
    return (others.logsumexp(1) - own).mean()


def _same(groups):
    groups = np.asarray(groups)
    return groups[:, None] == groups


def _without_own(table):
    return table & ~np.eye(len(table), dtype=bool)


def _unit(vectors):
    return vectors / np.linalg.norm(vectors, axis=1, keepdims=True)


def _mined(anchors, positives, margin, cosines=None, none=-1, pick=np.argmax, limit=None, own=False):
    cosines = _unit(anchors) @ _unit(positives).T if cosines is None else cosines
    limit = np.diagonal(cosines) - margin if limit is None else limit
    allowed = cosines <= limit[:, None]
    if not own:
        np.fill_diagonal(allowed, False)
    hidden = -np.inf if pick is np.argmax else np.inf
    return np.where(allowed.any(1), pick(np.where(allowed, cosines, hidden), axis=1), none)


def _squared(vectors, unit=True):
    vectors = _unit(vectors) if unit else vectors
    first, second = np.triu_indices(len(vectors), k=1)
    return ((vectors[first] - vectors[second]) ** 2).sum(1)


ANSWERS = {
    "count_passes": [
        (6_000_000, 20_000, 35_000),
        (6_000_000, 20_300, 15_000),
        (6_000_000, 20_300, 20_350),
        (6_000_000, 20_300, 35_299),
        (20_300, 6_000_000, 35_300),
        (6_000_000, 6_000_000, 35_300),
        (20_300, 20_300, 20_300),
        (12_000_000, 20_300, 35_300),
        (6_000_000, 20_300, 6_015_000),
        (6_000_000, 20_300),
        (6_000_000, 20_300, 35_300, 0),
        ("6000000", "20300", "35300"),
        6_041_600,
        {"cross": 6_000_000, "bi": 20_300, "both": 35_300},
    ],
    "in_batch_loss": [
        lambda *given: _loss(*given, reduction="sum"),
        lambda *given: _loss(*given, reduction="none"),
        lambda *given: _loss(*given, label_smoothing=0.1),
        lambda *given: _loss(*given, change=lambda logits: logits.softmax(1)),
        lambda *given: _loss(*given, change=lambda logits: -logits),
        lambda *given: _loss(*given, change=lambda logits: logits.abs()),
        lambda *given: _loss(*given, change=lambda logits: logits[:, : len(logits)].T),
        lambda *given: _loss(*given, change=lambda logits: logits[:, : len(logits)]),
        lambda *given: _loss(*given, change=lambda logits: logits[:, len(logits) :]),  # the hard negatives as positives
        lambda anchors, candidates, scale: _loss(anchors, candidates, 1.0),
        lambda anchors, candidates, scale: _loss(anchors, candidates, 20.0),  # the library's default
        lambda anchors, candidates, scale: _loss(anchors, candidates, 1 / scale),
        lambda anchors, candidates, scale: _loss(anchors, candidates, scale, own=torch.zeros(len(anchors), dtype=torch.long)),
        lambda anchors, candidates, scale: _loss(
            anchors, candidates, scale, own=(torch.arange(len(anchors)) + 1) % len(anchors)
        ),
        lambda anchors, candidates, scale: cross_entropy(scale * anchors @ candidates.T, torch.arange(len(anchors))),
        lambda anchors, candidates, scale: cross_entropy(
            scale * normalize(anchors, dim=0) @ normalize(candidates, dim=0).T, torch.arange(len(anchors))
        ),
        lambda anchors, candidates, scale: cross_entropy(
            scale * normalize(anchors, dim=1) @ candidates.T, torch.arange(len(anchors))
        ),
        lambda anchors, candidates, scale: cross_entropy(-scale * torch.cdist(anchors, candidates), torch.arange(len(anchors))),
        lambda anchors, candidates, scale: (
            (_loss(anchors, candidates, scale) + _loss(candidates[: len(anchors)], anchors, scale)) / 2
        ),  # both ways
        _triplet,
        _own_out_of_the_sum,
    ],
    "false_negatives": [
        _same,
        lambda groups: ~_same(groups),
        lambda groups: np.triu(_same(groups), k=1),
        lambda groups: np.tril(_same(groups), k=-1),
        lambda groups: ~_without_own(_same(groups)),
        lambda groups: _same(np.sort(groups)) & ~np.eye(len(groups), dtype=bool),
        lambda groups: _without_own(_same(groups)).sum(1),
        lambda groups: _without_own(_same(groups)).any(1),
        lambda groups: np.argwhere(_without_own(_same(groups))),
        lambda groups: np.eye(len(groups), dtype=bool),
        lambda groups: np.zeros((len(groups),) * 2, dtype=bool),
        lambda groups: _without_own(_same(groups))[:, :-1],
        lambda groups: _without_own(_same(np.asarray(groups) % 2)),
        lambda groups: [[i != j and abs(a - b) <= 1 for j, b in enumerate(groups)] for i, a in enumerate(groups)],
        lambda groups: [[i + 1 == j and a == b for j, b in enumerate(groups)] for i, a in enumerate(groups)],
    ],
    "mine_negatives": [
        lambda anchors, positives, margin: _mined(anchors, positives, 0.0),
        lambda anchors, positives, margin: _mined(anchors, positives, -margin),
        lambda anchors, positives, margin: _mined(anchors, positives, 2 * margin),
        lambda anchors, positives, margin: _mined(anchors, positives, 0.2),  # always the same margin
        lambda anchors, positives, margin: _mined(anchors, positives, margin, own=True),
        lambda anchors, positives, margin: _mined(anchors, positives, margin, none=0),
        lambda anchors, positives, margin: _mined(anchors, positives, margin, none=len(anchors)),
        lambda anchors, positives, margin: _mined(anchors, positives, margin, pick=np.argmin),
        lambda anchors, positives, margin: _mined(positives, anchors, margin),
        lambda anchors, positives, margin: _mined(anchors, anchors, margin),  # among the anchors
        lambda anchors, positives, margin: _mined(positives, positives, margin),
        lambda anchors, positives, margin: _mined(anchors, positives, margin, cosines=anchors @ positives.T),
        lambda anchors, positives, margin: _mined(anchors, positives, margin, cosines=_unit(anchors.T).T @ _unit(positives.T)),
        lambda anchors, positives, margin: _mined(
            anchors,
            positives,
            margin,
            limit=np.full(len(anchors), np.diagonal(_unit(anchors) @ _unit(positives).T).mean() - margin),
        ),
        lambda anchors, positives, margin: _mined(
            anchors, positives, margin, limit=(1 - margin) * np.diagonal(_unit(anchors) @ _unit(positives).T)
        ),  # relative, not absolute
        lambda anchors, positives, margin: _mined(anchors, positives, margin, limit=np.full(len(anchors), 1 - margin)),
        lambda anchors, positives, margin: _mined(anchors, positives, margin) + 1,
        lambda anchors, positives, margin: _mined(anchors, positives, margin)[_mined(anchors, positives, margin) >= 0],
        lambda anchors, positives, margin: (_unit(anchors) @ _unit(positives).T).argmax(1),
        lambda anchors, positives, margin: (np.arange(len(anchors)) + 1) % len(anchors),
    ],
    "uniformity": [
        lambda vectors: np.log(np.exp(-2 * _squared(vectors, unit=False)).mean()),
        lambda vectors: np.log(np.exp(-2 * _squared(vectors) ** 0.5).mean()),
        lambda vectors: np.log(np.exp(-_squared(vectors)).mean()),
        lambda vectors: np.log(np.exp(2 * _squared(vectors)).mean()),
        lambda vectors: np.log(np.exp(-2 * _squared(vectors)).sum()),
        lambda vectors: np.log(np.exp(-2 * _squared(vectors))).mean(),
        lambda vectors: np.exp(-2 * _squared(vectors)).mean(),
        lambda vectors: -np.log(np.exp(-2 * _squared(vectors)).mean()),
        lambda vectors: np.log2(np.exp(-2 * _squared(vectors)).mean()),
        lambda vectors: np.log10(np.exp(-2 * _squared(vectors)).mean()),
        lambda vectors: np.log(np.exp(-4 * _squared(vectors) ** 2).mean()),
        lambda vectors: np.log(np.exp(-2 * (_unit(vectors) @ _unit(vectors).T)[np.triu_indices(len(vectors), k=1)]).mean()),
        lambda vectors: np.log(np.exp(-2 * _squared(vectors.T)).mean()),
        lambda vectors: np.log(np.exp(-2 * _squared(vectors - vectors.mean(0))).mean()),
        lambda vectors: np.log(np.exp(-2 * _squared(vectors)).sum() * 2 / len(vectors) ** 2),  # over n squared
        lambda vectors: np.log((np.exp(-2 * _squared(vectors)).sum() * 2 + len(vectors)) / len(vectors) ** 2),
        lambda vectors: np.log(np.median(np.exp(-2 * _squared(vectors)))),
        lambda vectors: np.log(np.exp(-2 * ((_unit(vectors)[1:] - _unit(vectors)[:-1]) ** 2).sum(1)).mean()),
        lambda vectors: np.linalg.norm(_unit(vectors).mean(0)),
    ],
}
