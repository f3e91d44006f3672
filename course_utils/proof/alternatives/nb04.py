"""Other right answers to the exercises of notebook 04."""

import numpy as np
import torch

# masked_mean


def _mean_by_bmm(hidden, mask):
    shares = mask.float() / mask.float().sum(1, keepdim=True)
    return torch.bmm(shares[:, None, :], hidden).squeeze(1)


def _mean_numpy_masked(hidden, mask):
    off = np.broadcast_to((mask.numpy() == 0)[:, :, None], hidden.shape)
    return np.ma.masked_array(hidden.numpy(), off).mean(axis=1).filled(np.nan)


def _mean_nan(hidden, mask):
    return hidden.masked_fill(mask[..., None] == 0, float("nan")).nanmean(1)


def _mean_three_loops(hidden, mask):
    out = []
    for vectors, marks in zip(hidden.tolist(), mask.tolist(), strict=True):
        real = [vector for vector, mark in zip(vectors, marks, strict=True) if mark]
        out.append([sum(column) / len(real) for column in zip(*real, strict=True)])
    return out


# masked_max


def _max_where(hidden, mask):
    return torch.where(mask.bool()[..., None], hidden, torch.finfo(hidden.dtype).min).max(1)[0]


def _max_numpy_initial(hidden, mask):
    on = np.broadcast_to(mask.numpy().astype(bool)[..., None], hidden.shape)
    return np.amax(hidden.numpy(), axis=1, where=on, initial=-np.inf)


def _max_loops(hidden, mask):
    return [
        [max(float(h[t, d]) for t in range(len(m)) if m[t]) for d in range(hidden.shape[2])]
        for h, m in zip(hidden, mask, strict=True)
    ]


def _max_large_negative(hidden, mask):
    hidden = hidden.clone()
    hidden[mask == 0] = -1e9
    return torch.max(hidden, 1).values


# whiten


def _whiten_pca(fit_on, vectors):
    from sklearn.decomposition import PCA

    return PCA(whiten=True).fit(fit_on).transform(vectors)


def _whiten_svd(fit_on, vectors):
    centre = fit_on.mean(0, keepdims=True)
    _, spread, directions = np.linalg.svd(fit_on - centre, full_matrices=False)
    return (vectors - centre) @ directions.T / spread * np.sqrt(len(fit_on) - 1)


def _whiten_torch(fit_on, vectors):
    fit_on, vectors = torch.as_tensor(fit_on), torch.as_tensor(vectors)
    variances, directions = torch.linalg.eigh(torch.cov(fit_on.T))
    return (vectors - fit_on.mean(0)) @ directions @ torch.diag(variances.rsqrt())


def _whiten_einsum(fit_on, vectors):
    centred = fit_on - fit_on.mean(0)
    covariance = np.einsum("ni,nj->ij", centred, centred) / (len(fit_on) - 1)
    variances, directions = np.linalg.eigh(covariance)
    root = np.einsum("ik,k,jk->ij", directions, variances**-0.5, directions)
    return np.einsum("md,dk->mk", vectors - fit_on.mean(0), root)


def _whiten_scipy(fit_on, vectors):
    from scipy.linalg import inv, sqrtm

    return (vectors - fit_on.mean(0)) @ inv(sqrtm(np.cov(fit_on, rowvar=False))).real


def _whiten_triangular(fit_on, vectors):
    lower = np.linalg.cholesky(np.cov(fit_on.T))
    return np.linalg.solve(lower, (vectors - fit_on.mean(0)).T).T


def _whiten_loop(fit_on, vectors):
    variances, directions = np.linalg.eigh(np.cov(fit_on.T))
    centre = fit_on.mean(0)
    return [[(v - centre) @ d / s**0.5 for s, d in zip(variances, directions.T, strict=True)] for v in vectors]


# weighted_mean


def _weighted_numpy_average(hidden, ids, mask, weights):
    w = np.take(weights.numpy(), ids.numpy()) * mask.numpy()
    return np.stack([np.average(h, axis=0, weights=row) for h, row in zip(hidden.numpy(), w, strict=True)])


def _weighted_einsum(hidden, ids, mask, weights):
    w = weights[ids] * mask
    return torch.einsum("btd,bt->bd", hidden, w) / torch.einsum("bt->b", w)[:, None]


def _weighted_bmm(hidden, ids, mask, weights):
    w = weights.gather(0, ids.flatten()).view_as(ids).masked_fill(mask == 0, 0)
    return ((w / w.sum(1, keepdim=True))[:, None] @ hidden)[:, 0]


def _weighted_loop(hidden, ids, mask, weights):
    means = []
    for b in range(len(hidden)):
        total, share = torch.zeros(hidden.shape[-1]), 0.0
        for t in range(hidden.shape[1]):
            if mask[b, t]:
                total, share = total + weights[ids[b, t]] * hidden[b, t], share + weights[ids[b, t]]
        means.append(total / share)
    return torch.stack(means)


def _weighted_embedding(hidden, ids, mask, weights):
    w = torch.nn.functional.embedding(ids, weights[:, None]) * mask[..., None]
    return (w * hidden).sum(dim=1) / w.sum(dim=1)


ANSWERS = {
    "masked_mean": [
        _mean_by_bmm,
        _mean_numpy_masked,
        _mean_nan,
        _mean_three_loops,
        lambda hidden, mask: np.einsum("btd,bt->bd", hidden, mask) / np.asarray(mask).sum(1, keepdims=True),
        lambda hidden, mask: (hidden * mask[:, :, None]).sum(1) / mask.sum(1)[:, None].clamp(min=1e-9),
    ],
    "masked_max": [_max_where, _max_numpy_initial, _max_loops, _max_large_negative],
    "whiten": [
        _whiten_pca,
        _whiten_svd,
        _whiten_torch,
        _whiten_einsum,
        _whiten_scipy,
        _whiten_triangular,
        _whiten_loop,
    ],
    "weighted_mean": [_weighted_numpy_average, _weighted_einsum, _weighted_bmm, _weighted_loop, _weighted_embedding],
    "which_tensors": [
        {"BERT-whitening": (12, 1), "SimCSE 2021": (12, 0), "last two": (12, 11)},
        {"last two": [-2, -1], "SimCSE 2021": [0, -1], "BERT-whitening": [-12, -1]},
        {"BERT-whitening": np.array([1, 12]), "SimCSE 2021": np.array([0, 12]), "last two": np.array([11, 12])},
    ],
}
