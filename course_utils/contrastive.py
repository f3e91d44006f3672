"""The objective of siamese training: an anchor's own positive against all other candidates of the batch."""

from __future__ import annotations

from course_utils import arguments, model_arguments


def in_batch_loss(anchors, candidates, scale=20.0):
    """Cross-entropy of picking each anchor's own positive among all candidates, by cosine times ``scale``: a scalar tensor.

    With in-batch negatives only, the candidates are the positives; hard negatives are appended to them. The same value as
    ``MultipleNegativesRankingLoss`` of sentence-transformers. Source: Henderson et al. 2017 (arXiv 1705.00652).

    Args:
        anchors: (n, dim) torch tensor.
        candidates: (m, dim) with m >= n; the i-th is the positive of anchor i.
        scale: an inverse temperature.

    Raises:
        TypeError: ``anchors`` or ``candidates`` is not a torch tensor, or ``scale`` no number.
        ValueError: other shapes, no anchors, fewer candidates than anchors, or a scale that is not greater than 0.

    >>> import torch
    >>> round(in_batch_loss(torch.eye(3), torch.eye(3), scale=1.0).item(), 4)
    0.5514
    """
    import torch
    from torch.nn import functional

    for value, name in ((anchors, "anchors"), (candidates, "candidates")):
        if not model_arguments.tensor(value, name, "(n, dim)").is_floating_point():
            raise TypeError(f"{name} must hold numbers with a fraction, not {value.dtype}.")
    if 0 in anchors.shape or anchors.shape[1] != candidates.shape[1] or len(candidates) < len(anchors):
        raise ValueError(
            "anchors and candidates must be (n, dim) and (m, dim), n from 1 and m at least n; "
            f"got {tuple(anchors.shape)} and {tuple(candidates.shape)}."
        )
    if anchors.dtype != candidates.dtype:
        raise TypeError(f"anchors and candidates must be of one dtype, not {anchors.dtype} and {candidates.dtype}.")
    arguments.real(scale, "scale", above=0)
    anchors = functional.normalize(anchors, dim=1)
    candidates = functional.normalize(candidates, dim=1)
    logits = scale * anchors @ candidates.T  # (n, m)
    own = torch.arange(len(logits), device=logits.device)  # candidate i belongs to anchor i
    return functional.cross_entropy(logits, own)
