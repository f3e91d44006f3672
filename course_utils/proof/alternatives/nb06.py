"""Other right answers to the exercises of notebook 06."""

import itertools

import numpy as np
import torch

# in_batch_loss


def _loss_log_softmax(anchors, candidates, scale):
    cosines = torch.nn.functional.cosine_similarity(anchors[:, None], candidates[None], dim=-1)
    return -(scale * cosines).log_softmax(1).diagonal().mean()


def _loss_einsum(anchors, candidates, scale):
    a, c = anchors / anchors.norm(dim=1, keepdim=True), candidates / candidates.norm(dim=1, keepdim=True)
    return torch.nn.CrossEntropyLoss()(torch.einsum("nd,md->nm", a, c) * scale, torch.arange(len(a)))


def _loss_by_loops(anchors, candidates, scale):
    losses = []
    for i, anchor in enumerate(anchors):
        odds = [float(torch.exp(scale * (anchor @ c) / anchor.norm() / c.norm())) for c in candidates]
        losses.append(-np.log(odds[i] / sum(odds)))
    return sum(losses) / len(losses)


def _loss_scipy(anchors, candidates, scale):
    from scipy.spatial.distance import cdist
    from scipy.special import log_softmax

    return -log_softmax(scale * (1 - cdist(anchors, candidates, "cosine")), axis=1).diagonal().mean()


# false_negatives


def _false_outer(groups):
    same = np.equal.outer(groups, groups)
    np.fill_diagonal(same, False)
    return same


def _false_xor(groups):
    groups = torch.as_tensor(groups)
    return groups.unsqueeze(1).eq(groups).bitwise_xor(torch.eye(len(groups)).bool())


def _false_from_lists(groups):
    table = np.zeros((len(groups),) * 2, dtype=bool)
    for i, j in itertools.permutations(range(len(groups)), 2):
        table[i, j] = groups[i] == groups[j]
    return table


def _false_einsum(groups):
    member = (np.array(groups)[:, None] == np.unique(groups)).astype(int)
    return (np.einsum("ig,jg->ij", member, member) - np.eye(len(groups))) == 1


# mine_negatives


def _mine_by_sorting(anchors, positives, margin):
    found = []
    for i, anchor in enumerate(anchors):
        cosines = positives @ anchor / np.linalg.norm(positives, axis=1) / np.linalg.norm(anchor)
        order = [j for j in np.argsort(-cosines) if j != i and cosines[j] <= cosines[i] - margin]
        found.append(int(order[0]) if order else -1)
    return found


def _mine_sklearn(anchors, positives, margin):
    from sklearn.metrics.pairwise import cosine_similarity

    cosines = cosine_similarity(anchors, positives)
    own = cosines.diagonal().copy()
    np.fill_diagonal(cosines, -9)
    cosines[cosines > (own - margin)[:, None]] = -9
    return np.where(cosines.max(1) == -9, -1, cosines.argmax(1))


def _mine_einsum(anchors, positives, margin):
    a, p = torch.tensor(anchors), torch.tensor(positives)
    cosines = torch.einsum("id,jd->ij", a / a.norm(dim=1)[:, None], p / p.norm(dim=1)[:, None])
    gap = cosines.diag()[:, None] - cosines
    allowed = (gap >= margin) & ~torch.eye(len(a), dtype=torch.bool)
    best = torch.where(allowed, cosines, -2.0).argmax(1)
    return [int(b) if row.any() else -1 for b, row in zip(best, allowed, strict=True)]


# uniformity


def _uniformity_scipy(vectors):
    from scipy.spatial.distance import pdist

    unit = vectors / np.linalg.norm(vectors, axis=1, keepdims=True)
    return np.log(np.mean(np.exp(-2 * pdist(unit, "sqeuclidean"))))


def _uniformity_logsumexp(vectors):
    from scipy.special import logsumexp

    unit = vectors / np.linalg.norm(vectors, axis=1, keepdims=True)
    values = [-2 * np.sum((a - b) ** 2) for a, b in itertools.combinations(unit, 2)]
    return logsumexp(values) - np.log(len(values))


def _uniformity_einsum(vectors):
    unit = vectors / np.sqrt(np.einsum("nd,nd->n", vectors, vectors))[:, None]
    gaps = unit[:, None] - unit[None]
    values = np.exp(-2 * np.einsum("ijd,ijd->ij", gaps, gaps))
    n = len(unit)
    return np.log((values.sum() - n) / (n * n - n))


def _uniformity_cdist(vectors):
    unit = torch.nn.functional.normalize(torch.tensor(vectors), dim=-1)
    squared = torch.cdist(unit, unit) ** 2
    return torch.exp(-2 * squared[~torch.eye(len(unit), dtype=torch.bool)]).mean().log().item()


ANSWERS = {
    "in_batch_loss": [_loss_log_softmax, _loss_einsum, _loss_by_loops, _loss_scipy],
    "false_negatives": [_false_outer, _false_xor, _false_from_lists, _false_einsum],
    "mine_negatives": [_mine_by_sorting, _mine_sklearn, _mine_einsum],
    "uniformity": [_uniformity_scipy, _uniformity_logsumexp, _uniformity_einsum, _uniformity_cdist],
    "count_passes": [(6_000_000, 20_300, 35_300), torch.tensor([6_000_000, 20_300, 35_300]), (300 * 20_000, 20_300.0, 35_300)],
}
