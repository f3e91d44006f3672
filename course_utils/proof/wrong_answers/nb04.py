"""Wrong answers to the exercises of notebook 04."""

import numpy as np
import torch


def _weights(mask):
    return mask.unsqueeze(-1).float()


def _whitened(fit_on, vectors, centre=None, power=-0.5, change=lambda v: v):
    variances, directions = np.linalg.eigh(np.cov(fit_on.T))
    centre = fit_on.mean(0) if centre is None else centre
    return change(vectors - centre) @ (directions * variances**power)


def _both(fit_on, vectors):
    return np.concatenate([fit_on, vectors])


def _weighted(hidden, w):
    return (hidden * w.unsqueeze(-1)).sum(1) / w.sum(1, keepdim=True)


ANSWERS = {
    "masked_mean": [
        lambda hidden, mask: hidden[:, 0],
        lambda hidden, mask: hidden.mean(1),
        lambda hidden, mask: (hidden * _weights(mask)).mean(1),
        lambda hidden, mask: (hidden * _weights(mask)).sum(1),
        lambda hidden, mask: (hidden * _weights(mask)).sum(1) / (mask.sum(1, keepdim=True) - 1).clamp(min=1),
        lambda hidden, mask: (hidden * _weights(mask)).sum(1) / (mask.sum(1, keepdim=True) + 1),
        lambda hidden, mask: (hidden * _weights(mask)).sum(1) / mask.sum(),
        lambda hidden, mask: (
            (hidden * _weights(mask))[:, 1:].sum(1) / mask[:, 1:].sum(1, keepdim=True).clamp(min=1)
        ),  # no [CLS]
        lambda hidden, mask: (hidden * _weights(1 - mask)).sum(1) / (1 - mask).sum(1, keepdim=True).clamp(min=1),
        lambda hidden, mask: (hidden * _weights(mask)).sum(1) / mask.shape[1],
        lambda hidden, mask: (hidden * _weights(mask)).sum(1, keepdim=True) / _weights(mask).sum(1, keepdim=True),
        lambda hidden, mask: (hidden * _weights(mask)).sum(0) / _weights(mask).sum(0).clamp(min=1),
        lambda hidden, mask: hidden[mask == 1].mean(0),  # one vector for all
        lambda hidden, mask: hidden.masked_fill(_weights(mask) == 0, float("-inf")).amax(1),
        lambda hidden, mask: (hidden * _weights(mask)).median(1).values,
        lambda hidden, mask: (hidden * _weights(mask)).sum(1) / _weights(mask).sum(1).sqrt(),
        lambda hidden, mask: torch.nn.functional.normalize((hidden * _weights(mask)).sum(1), dim=1),
        lambda hidden, mask: ((hidden * _weights(mask)).sum(1) / _weights(mask).sum(1)).T,
    ],
    "masked_max": [
        lambda hidden, mask: hidden.amax(1),
        lambda hidden, mask: (hidden * _weights(mask)).amax(1),
        lambda hidden, mask: hidden.masked_fill(_weights(mask) == 0, float("-inf")).amax(2),
        lambda hidden, mask: hidden.masked_fill(_weights(mask) == 0, float("-inf")).amin(1),
        lambda hidden, mask: hidden.masked_fill(_weights(mask) == 0, float("inf")).amin(1),
        lambda hidden, mask: hidden.masked_fill(_weights(mask) == 1, float("-inf")).amax(1),
        lambda hidden, mask: hidden.masked_fill(_weights(mask) == 0, -1.0).amax(1),
        lambda hidden, mask: hidden.masked_fill(_weights(mask) == 0, float("-inf")).argmax(1),
        lambda hidden, mask: hidden.masked_fill(_weights(mask) == 0, float("-inf")).max(1),  # values and indices
        lambda hidden, mask: hidden.masked_fill(_weights(mask) == 0, float("-inf"))[:, 1:].amax(1),
        lambda hidden, mask: hidden.masked_fill(_weights(mask) == 0, float("-inf"))[:, :-2].amax(1),
        lambda hidden, mask: hidden.masked_fill(_weights(mask) == 0, float("-inf")).amax((0, 1)),
        lambda hidden, mask: torch.stack(
            [h[m == 1][h[m == 1].norm(dim=1).argmax()] for h, m in zip(hidden, mask, strict=True)]
        ),
        lambda hidden, mask: (hidden.abs() * _weights(mask)).amax(1),
        lambda hidden, mask: (hidden - 1 + _weights(mask)).amax(1),
        lambda hidden, mask: (hidden * _weights(mask)).sum(1) / _weights(mask).sum(1),
        lambda hidden, mask: hidden.masked_fill(_weights(mask) == 0, float("nan")).amax(1),
        lambda hidden, mask: hidden[:, 0],
    ],
    "which_tensors": [
        {"BERT-whitening": [0, 12], "SimCSE 2021": [1, 12], "last two": [11, 12]},
        {"BERT-whitening": [1, 12], "SimCSE 2021": [0, 12], "last two": [12, 13]},
        {"BERT-whitening": [1, 12], "SimCSE 2021": [0, 12], "last two": [10, 11]},
        {"BERT-whitening": [1, 11], "SimCSE 2021": [0, 11], "last two": [10, 11]},
        {"BERT-whitening": [1, 12, 12], "SimCSE 2021": [0, 12], "last two": [11, 12]},
        {"BERT-whitening": [1, 12], "SimCSE 2021": [0, 12]},
        {"BERT-whitening": [1], "SimCSE 2021": [0], "last two": [11]},
        {"whitening": [1, 12], "SimCSE": [0, 12], "last two": [11, 12]},
        {"BERT-whitening": [1, -2], "SimCSE 2021": [0, -2], "last two": [-3, -2]},
        {"BERT-whitening": [1.5, 12.5], "SimCSE 2021": [0.5, 12.5], "last two": [11.5, 12.5]},
        {"BERT-whitening": ["1", "12"], "SimCSE 2021": ["0", "12"], "last two": [11, 25]},
        {"BERT-whitening": [14, 25], "SimCSE 2021": [13, 25], "last two": [24, 25]},
        [[1, 12], [0, 12], [11, 12]],
        "first and last",
    ],
    "whiten": [
        lambda fit_on, vectors: _whitened(vectors, vectors),
        lambda fit_on, vectors: _whitened(_both(fit_on, vectors), vectors),  # fitted on both
        lambda fit_on, vectors: _whitened(fit_on, vectors, centre=vectors.mean(0)),
        lambda fit_on, vectors: _whitened(fit_on, vectors, centre=_both(fit_on, vectors).mean(0)),
        lambda fit_on, vectors: _whitened(vectors, vectors, centre=fit_on.mean(0)),
        lambda fit_on, vectors: _whitened(fit_on, vectors, centre=0),
        lambda fit_on, vectors: _whitened(fit_on, vectors, power=0.5),
        lambda fit_on, vectors: _whitened(fit_on, vectors, power=-1),
        lambda fit_on, vectors: _whitened(fit_on, vectors, power=0),  # turned only
        lambda fit_on, vectors: _whitened(fit_on, fit_on),
        lambda fit_on, vectors: _whitened(vectors, fit_on),
        lambda fit_on, vectors: _whitened(fit_on, vectors, change=lambda v: v / np.linalg.norm(v, axis=1, keepdims=True)),
        lambda fit_on, vectors: _whitened(fit_on, vectors)[:, 1:],  # a direction lost
        lambda fit_on, vectors: np.c_[_whitened(fit_on, vectors)[:, 1:], np.zeros(len(vectors))],
        lambda fit_on, vectors: _whitened(fit_on, vectors)[::-1],
        lambda fit_on, vectors: _whitened(fit_on, vectors) * np.sqrt(len(fit_on)),
        lambda fit_on, vectors: (vectors - fit_on.mean(0)) @ np.linalg.inv(np.cov(fit_on.T)),
        lambda fit_on, vectors: (vectors - fit_on.mean(0)) @ np.linalg.cholesky(np.linalg.inv(np.cov(fit_on.T))).T,
        lambda fit_on, vectors: (vectors - fit_on.mean(0)) / fit_on.std(0),
        lambda fit_on, vectors: vectors - fit_on.mean(0),
    ],
    "weighted_mean": [
        lambda hidden, ids, mask, weights: _weighted(hidden, mask.float()),
        lambda hidden, ids, mask, weights: _weighted(hidden, weights[ids]),
        lambda hidden, ids, mask, weights: _weighted(hidden, weights[ids] * mask) * weights[ids].sum(1, keepdim=True),
        lambda hidden, ids, mask, weights: _weighted(hidden, mask / weights[ids]),
        lambda hidden, ids, mask, weights: _weighted(hidden, (weights[ids] * mask) ** 2),
        lambda hidden, ids, mask, weights: _weighted(hidden, weights[ids] * (1 - mask)),
        lambda hidden, ids, mask, weights: _weighted(hidden, (weights[ids] * mask).softmax(1)),
        lambda hidden, ids, mask, weights: _weighted(hidden, weights[: mask.shape[1]].expand_as(mask) * mask),  # by position
        lambda hidden, ids, mask, weights: _weighted(hidden, ids * mask + 1e-9),  # the ids are no weights
        lambda hidden, ids, mask, weights: _weighted(hidden, weights[(ids + 1) % 20] * mask),
        lambda hidden, ids, mask, weights: _weighted(hidden, weights.log()[ids] * mask),
        lambda hidden, ids, mask, weights: (hidden * (weights[ids] * mask)[..., None]).sum(1),
        lambda hidden, ids, mask, weights: (hidden * (weights[ids] * mask)[..., None]).mean(1),
        lambda hidden, ids, mask, weights: (hidden * (weights[ids] * mask)[..., None]).sum(1) / mask.sum(1, keepdim=True),
        lambda hidden, ids, mask, weights: (hidden * (weights[ids] * mask)[..., None]).sum(1) / (weights[ids] * mask).sum(),
        lambda hidden, ids, mask, weights: (
            (hidden * weights[ids][..., None]).sum(1) / (weights[ids] * mask).sum(1, keepdim=True)
        ),
        lambda hidden, ids, mask, weights: (hidden * (weights[ids] * mask)[..., None]).amax(1),
    ],
}
