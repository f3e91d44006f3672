"""Other right answers to the exercises of notebook 05."""

import numpy as np
import torch

# fit_head


def _fit_without_optimiser(head, vectors, labels, steps):
    losses = []
    for _ in range(steps):
        loss = torch.nn.functional.cross_entropy(head(vectors), labels)
        gradients = torch.autograd.grad(loss, list(head.parameters()))
        with torch.no_grad():
            for weight, gradient in zip(head.parameters(), gradients, strict=True):
                weight -= 0.5 * gradient
        losses.append(float(loss))
    return losses


def _fit_with_log_softmax(head, vectors, labels, steps):
    optimiser = torch.optim.SGD(head.parameters(), lr=0.5)
    losses = torch.zeros(steps, dtype=torch.float64)
    for step in range(steps):
        loss = -head(vectors).log_softmax(1)[torch.arange(len(labels)), labels].mean()
        losses[step] = loss.detach()
        head.zero_grad()
        loss.backward()
        optimiser.step()
    return losses


def _fit_one_hot(head, vectors, labels, steps):
    optimiser, targets, losses = torch.optim.SGD(head.parameters(), lr=0.5), torch.eye(head.out_features)[labels].double(), []
    for _ in range(steps):
        loss = torch.nn.CrossEntropyLoss()(vectors @ head.weight.T + head.bias, targets)
        optimiser.zero_grad(set_to_none=False)
        loss.backward()
        losses.append(loss.item())
        optimiser.step()
    return tuple(losses)


# label_share


def _share_pandas(vectors, labels):
    import pandas as pd

    table = pd.DataFrame(vectors)
    centres = table.groupby(labels).transform("mean")
    return ((centres - table.mean()) ** 2).to_numpy().sum() / ((table - table.mean()) ** 2).to_numpy().sum()


def _share_torch(vectors, labels):
    x = torch.as_tensor(vectors)
    _, number = np.unique(labels, return_inverse=True)
    member = torch.nn.functional.one_hot(torch.as_tensor(number)).to(x.dtype)  # (n, labels)
    centres = member @ ((member.T @ x) / member.sum(0)[:, None])
    return (centres - x.mean(0)).square().sum() / (x - x.mean(0)).square().sum()


def _share_einsum(vectors, labels):
    names, counts = np.unique(labels, return_counts=True)
    member = (labels[:, None] == names) / counts
    gaps = np.einsum("nl,nd->ld", member, vectors) - vectors.mean(0)
    total = vectors - vectors.mean(0)
    return np.einsum("l,ld,ld->", counts, gaps, gaps) / np.einsum("nd,nd->", total, total)


def _share_loop(vectors, labels):
    mean, between, total = vectors.mean(0), 0.0, 0.0
    for vector, label in zip(vectors, labels, strict=True):
        centre = np.mean([v for v, other in zip(vectors, labels, strict=True) if other == label], axis=0)
        between, total = between + np.sum((centre - mean) ** 2), total + np.sum((vector - mean) ** 2)
    return between / total


# permutation_p


def _p_loop(statistic, vectors, labels, orders):
    real, reached = statistic(vectors, labels), 1
    for order in orders:
        if not statistic(vectors, labels[order]) < real:
            reached += 1
    return reached / (len(orders) + 1)


def _p_moving_vectors(statistic, vectors, labels, orders):
    values = [statistic(vectors[np.argsort(order)], labels) for order in orders]
    return (1 + np.sum(np.array(values) >= statistic(vectors, labels))) / (1 + len(values))


def _p_torch(statistic, vectors, labels, orders):
    values = torch.tensor([statistic(vectors, labels)] + [statistic(vectors, labels[order]) for order in orders])
    return (values >= values[0]).double().mean()


# linear_cka


def _cka_torch(a, b):
    a, b = (torch.as_tensor(x) - torch.as_tensor(x).mean(0) for x in (a, b))
    return torch.linalg.matrix_norm(a.T @ b) ** 2 / torch.linalg.matrix_norm(a.T @ a) / torch.linalg.matrix_norm(b.T @ b)


def _cka_einsum(a, b):
    a, b = a - a.mean(0, keepdims=True), b - b.mean(0, keepdims=True)

    def square(x, y):
        return (np.einsum("ni,nj->ij", x, y) ** 2).sum()

    return square(a, b) / np.sqrt(square(a, a) * square(b, b))


def _cka_with_centring_matrix(a, b):
    n = len(a)
    centring = np.eye(n) - np.ones((n, n)) / n
    k, m = centring @ a @ a.T @ centring, centring @ b @ b.T @ centring
    return np.trace(k @ m) / np.sqrt(np.trace(k @ k) * np.trace(m @ m))


def _cka_loop(a, b):
    def square(x, y):
        x, y = x - x.mean(0), y - y.mean(0)
        return sum(sum(p * q for p, q in zip(c, d, strict=True)) ** 2 for c in x.T for d in y.T)

    return square(a, b) / (square(a, a) * square(b, b)) ** 0.5


# change


def _change_torch(after, before, rows):
    gain = torch.as_tensor(after).double().mean(0) - torch.as_tensor(before)
    drawn = gain[torch.as_tensor(rows)].mean(1)
    return torch.stack([gain.mean(), *drawn.quantile(torch.tensor([0.025, 0.975], dtype=torch.float64))])


def _change_by_counting(after, before, rows):
    n = len(before)
    counts = np.stack([np.bincount(row, minlength=n) for row in rows]) / rows.shape[1]  # (draws, n)
    drawn = np.einsum("dn,n->d", counts, (after - before).mean(axis=0))
    low, high = np.percentile(drawn, (2.5, 97.5))
    return np.array([after.mean() - before.mean(), low, high])


def _change_each_seed(after, before, rows):
    draws = [np.mean([(seed - before)[row].mean() for seed in after]) for row in rows]
    return [np.mean([seed.mean() for seed in after]) - before.mean(), np.quantile(draws, 0.025), np.quantile(draws, 0.975)]


ANSWERS = {
    "fit_head": [_fit_without_optimiser, _fit_with_log_softmax, _fit_one_hot],
    "label_share": [_share_pandas, _share_torch, _share_einsum, _share_loop],
    "permutation_p": [_p_loop, _p_moving_vectors, _p_torch],
    "linear_cka": [_cka_torch, _cka_einsum, _cka_with_centring_matrix, _cka_loop],
    "change": [_change_torch, _change_by_counting, _change_each_seed],
}
