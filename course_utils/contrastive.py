"""The objective of siamese training: an anchor's own positive against all other candidates of the batch."""

from __future__ import annotations


def in_batch_loss(anchors, candidates, scale=20.0):
    """Cross-entropy of picking each anchor's own positive among all candidates, by cosine times ``scale``: a scalar tensor.

    With in-batch negatives only, the candidates are the positives; hard negatives are appended to them. The same value as
    ``MultipleNegativesRankingLoss`` of sentence-transformers. Source: Henderson et al. 2017 (arXiv 1705.00652).

    Args:
        anchors: (n, dim) torch tensor.
        candidates: (m, dim) with m >= n; the i-th is the positive of anchor i.
        scale: an inverse temperature.

    >>> import torch
    >>> round(in_batch_loss(torch.eye(3), torch.eye(3), scale=1.0).item(), 4)
    0.5514
    """
    import torch
    from torch.nn import functional

    anchors = functional.normalize(anchors, dim=1)
    candidates = functional.normalize(candidates, dim=1)
    logits = scale * anchors @ candidates.T  # (n, m)
    own = torch.arange(len(logits), device=logits.device)  # candidate i belongs to anchor i
    return functional.cross_entropy(logits, own)
