"""Other right answers to the exercises of notebook 07."""

import operator
from collections import Counter

import numpy as np
import torch

# reciprocal_rank


def _rank_numpy(found, right):
    hits = np.flatnonzero(np.isin(found, list(right)))
    return 1 / (hits[0] + 1) if hits.size else 0


def _rank_torch(found, right):
    hits = torch.tensor([float(passage in right) for passage in found])
    return (hits / torch.arange(1, len(found) + 1)).max()


def _rank_while(found, right):
    place = 0
    while place < len(found):
        place += 1
        if found[place - 1] in right:
            return place**-1
    return 0


def _rank_next(found, right):
    return next((1 / (i + 1) for i in range(len(found)) if {found[i]} & right), 0.0)


# choose_threshold


def _threshold_loop(cosines, duplicate):
    best = (-1.0, 0.0)
    for threshold in cosines.tolist():
        right = sum(bool(c >= threshold and d) for c, d in zip(cosines, duplicate, strict=True))
        calls = sum(bool(c >= threshold) for c in cosines)
        best = max(best, (2 * right / (calls + sum(map(bool, duplicate))), threshold))
    return best[1]


def _threshold_by_cumsum(cosines, duplicate):
    order = np.argsort(-cosines, kind="stable")
    values, right = cosines[order], np.cumsum(duplicate[order])
    f1 = 2 * right / (np.arange(1, len(values) + 1) + duplicate.sum())
    last = np.append(values[1:] != values[:-1], True)  # a threshold calls all pairs that equal it
    return values[np.where(last, f1, -1).argmax()]


def _threshold_torch(cosines, duplicate):
    c, d = torch.as_tensor(cosines), torch.as_tensor(duplicate)
    values = c.unique().flip(0)
    called = c[None] >= values[:, None]
    f1 = 2 * torch.einsum("tp,p->t", called.double(), d.double()) / (called.sum(1) + d.sum())
    return values[int(np.argmax(f1.numpy()))]


def _threshold_rising(cosines, duplicate):
    best, chosen = 0.0, None
    for threshold in sorted(cosines):
        called = cosines >= threshold
        f1 = 2 * np.logical_and(called, duplicate).sum() / (called.sum() + duplicate.sum())
        if f1 >= best:
            best, chosen = f1, threshold
    return chosen


def _threshold_from_curve(cosines, duplicate):
    from sklearn.metrics import precision_recall_curve

    precision, recall, thresholds = precision_recall_curve(duplicate, cosines)
    f1 = np.divide(2 * precision * recall, precision + recall, out=np.zeros_like(recall), where=precision + recall > 0)[:-1]
    return thresholds[np.isclose(f1, f1.max())].max()


# fuse_rankings


def _fuse_counter(rankings, k=60):
    scores = Counter()
    for ranking in rankings:
        scores.update({passage: 1 / (k + place) for place, passage in enumerate(ranking, 1)})
    return [passage for passage, _ in scores.most_common()]


def _fuse_numpy(rankings, k=60):
    names, where = np.unique(np.concatenate(rankings), return_inverse=True)
    places = np.concatenate([np.arange(len(ranking)) + 1 for ranking in rankings])
    return names[np.argsort(-np.bincount(where, 1 / (k + places)))]


def _fuse_torch(rankings, k=60):
    names = sorted(set().union(*rankings))
    scores = torch.zeros(len(names), dtype=torch.float64)
    for ranking in rankings:
        scores[torch.tensor([names.index(p) for p in ranking])] += 1 / (k + torch.arange(1.0, len(ranking) + 1).double())
    return [names[i] for i in scores.argsort(descending=True)]


def _fuse_pairs(rankings, k=60):
    scores = {p: sum(1 / (k + 1 + r.index(p)) for r in rankings if p in r) for r in rankings for p in r}
    return list(map(operator.itemgetter(0), sorted(scores.items(), key=operator.itemgetter(1))))[::-1]


ANSWERS = {
    "reciprocal_rank": [_rank_numpy, _rank_torch, _rank_while, _rank_next],
    "choose_threshold": [_threshold_loop, _threshold_by_cumsum, _threshold_torch, _threshold_rising, _threshold_from_curve],
    "fuse_rankings": [_fuse_counter, _fuse_numpy, _fuse_torch, _fuse_pairs],
    "index_memory": [7.68, np.float64(7.68), torch.tensor(7.68), 10_000_000 * 384 * 2 / 1e9, [7.68]],
}
