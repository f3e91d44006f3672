"""Wrong answers to the exercises of notebook 05."""

import numpy as np
import torch
from torch.nn.functional import cross_entropy


def _fitted(head, vectors, labels, steps, rate=0.5, optimiser=torch.optim.SGD, loss=cross_entropy, each=None, rows=slice(None)):
    moves = optimiser(head.parameters() if each is None else each(head), lr=rate)
    losses = []
    for _ in range(steps):
        moves.zero_grad()
        value = loss(head(vectors[rows]), labels[rows])
        value.backward()
        moves.step()
        losses.append(value.item())
    return losses


def _zeroed_between(head, vectors, labels, steps):
    """The gradient is set to zero after ``backward``, before the step."""
    moves, losses = torch.optim.SGD(head.parameters(), lr=0.5), []
    for _ in range(steps):
        value = cross_entropy(head(vectors), labels)
        value.backward()
        moves.zero_grad()
        moves.step()
        losses.append(value.item())
    return losses


def _text_by_text(head, vectors, labels, steps):
    moves, losses = torch.optim.SGD(head.parameters(), lr=0.5), []
    for step in range(steps):
        moves.zero_grad()
        value = cross_entropy(head(vectors[step : step + 1]), labels[step : step + 1])
        value.backward()
        moves.step()
        losses.append(value.item())
    return losses


def _share(vectors, labels, centre=None, size=len, by="total"):
    centre = vectors.mean(0) if centre is None else centre
    groups = [vectors[labels == label] for label in np.unique(labels)]
    between = sum(size(group) * ((group.mean(0) - centre) ** 2).sum() for group in groups)
    within = sum(((group - group.mean(0)) ** 2).sum() for group in groups)
    return between / {"total": ((vectors - centre) ** 2).sum(), "within": within, "one": 1.0}[by]


def _f_statistic(vectors, labels):
    k, n = len(np.unique(labels)), len(labels)
    return _share(vectors, labels, by="within") * (n - k) / (k - 1)


def _values(statistic, vectors, labels, orders):
    return np.array([statistic(vectors, labels[order]) for order in orders]), statistic(vectors, labels)


def _p(count, statistic, vectors, labels, orders):
    values, real = _values(statistic, vectors, labels, orders)
    return count(values, real, len(values))


def _cka(a, b, centre=lambda v: v - v.mean(0)):
    a, b = centre(a), centre(b)
    return np.linalg.norm(a.T @ b) ** 2 / (np.linalg.norm(a.T @ a) * np.linalg.norm(b.T @ b))


def _debiased(a, b):
    """The unbiased estimate: not the plain one that is asked for."""

    def hsic(k, m):
        n = len(k)
        k, m = k - np.diag(np.diag(k)), m - np.diag(np.diag(m))
        return (k * m).sum() + k.sum() * m.sum() / (n - 1) / (n - 2) - 2 * (k.sum(0) @ m.sum(0)) / (n - 2)

    k, m = a @ a.T, b @ b.T
    return hsic(k, m) / np.sqrt(hsic(k, k) * hsic(m, m))


def _interval(after, before, rows, quantiles=(0.025, 0.975), gain=None):
    gain = after.mean(0) - before if gain is None else gain
    drawn = gain[rows].mean(1)
    return gain.mean(), *np.quantile(drawn, quantiles)


def _normal_interval(after, before, rows):
    drawn = (after.mean(0) - before)[rows].mean(1)
    return after.mean() - before.mean(), drawn.mean() - 3 * drawn.std(), drawn.mean() + 3 * drawn.std()


ANSWERS = {
    "fit_head": [
        lambda *given: _fitted(*given, rate=0.1),
        lambda *given: _fitted(*given, rate=-0.5),  # up instead of down
        lambda *given: _fitted(*given, optimiser=torch.optim.Adam),
        lambda *given: _fitted(*given, loss=lambda logits, labels: cross_entropy(logits, labels, reduction="sum")),
        lambda *given: _fitted(*given, loss=lambda logits, labels: cross_entropy(logits.softmax(0), labels)),
        lambda *given: _fitted(*given, loss=lambda logits, labels: cross_entropy(logits, labels, label_smoothing=0.1)),
        lambda *given: _fitted(*given, loss=lambda logits, labels: ((logits - torch.eye(logits.shape[1])[labels]) ** 2).mean()),
        lambda *given: _fitted(*given, each=lambda head: [head.weight]),  # the bias stays
        lambda *given: _fitted(*given, each=lambda head: [head.bias]),
        lambda *given: _fitted(*given, rows=slice(None, -1)),
        lambda *given: _fitted(*given)[1:],
        lambda *given: _fitted(*given)[::-1],
        lambda *given: sum(_fitted(*given)),
        lambda *given: np.mean(_fitted(*given)),
        lambda head, vectors, labels, steps: _fitted(head, vectors, labels, steps + 1),
        lambda head, vectors, labels, steps: _fitted(head, vectors, labels, 1) * steps,
        lambda head, vectors, labels, steps: [*_fitted(head, vectors, labels, steps)[1:], 0.0],
        lambda head, vectors, labels, steps: _fitted(head, vectors, labels.flip(0), steps),
        lambda head, vectors, labels, steps: _fitted(torch.nn.Linear(4, 3, dtype=torch.float64), vectors, labels, steps),
        _zeroed_between,
        _text_by_text,
    ],
    "label_share": [
        lambda vectors, labels: _share(vectors, labels, by="within"),
        lambda vectors, labels: _share(vectors, labels, by="one"),
        lambda vectors, labels: _share(vectors, labels) ** 0.5,
        lambda vectors, labels: 1 - _share(vectors, labels),
        lambda vectors, labels: _share(vectors, labels, centre=0),
        lambda vectors, labels: _share(vectors, labels, size=lambda group: 1),
        lambda vectors, labels: _share(vectors, labels, size=lambda group: len(vectors) / 3),
        lambda vectors, labels: _share(vectors, labels, size=lambda group: len(group) - 1),
        lambda vectors, labels: _share(vectors, labels, centre=np.median(vectors, axis=0)),
        lambda vectors, labels: _share(vectors, np.sort(labels)),
        lambda vectors, labels: _share(vectors, labels == labels[0]),
        lambda vectors, labels: _share(vectors[:, :1], labels),
        lambda vectors, labels: _share((vectors - vectors.mean(0)) / vectors.std(0), labels),  # each dimension weighs alike
        lambda vectors, labels: _share(vectors / np.linalg.norm(vectors, axis=1, keepdims=True), labels),
        lambda vectors, labels: max(_share(vectors[:, [d]], labels) for d in range(vectors.shape[1])),
        lambda vectors, labels: _share(vectors - vectors.mean(1, keepdims=True), labels),
        _f_statistic,
    ],
    "permutation_p": [
        lambda *given: _p(lambda values, real, m: (values >= real).mean(), *given),
        lambda *given: _p(lambda values, real, m: (1 + (values > real).sum()) / (1 + m), *given),
        lambda *given: _p(lambda values, real, m: (1 + (values <= real).sum()) / (1 + m), *given),
        lambda *given: _p(lambda values, real, m: (values >= real).sum() / (1 + m), *given),
        lambda *given: _p(lambda values, real, m: (1 + (values >= real).sum()) / m, *given),
        lambda *given: _p(lambda values, real, m: (2 + (values >= real).sum()) / (2 + m), *given),
        lambda *given: _p(lambda values, real, m: 1 + (values >= real).sum(), *given),
        lambda *given: _p(lambda values, real, m: 1 - (1 + (values >= real).sum()) / (1 + m), *given),
        lambda *given: _p(lambda values, real, m: (1 + (values == real).sum()) / (1 + m), *given),
        lambda *given: _p(lambda values, real, m: min(1, 2 * (1 + (values >= real).sum()) / (1 + m)), *given),
        lambda *given: _p(lambda values, real, m: (real - values.mean()) / values.std(), *given),
        lambda *given: _p(lambda values, real, m: (1 + (values >= np.median(values)).sum()) / (1 + m), *given),
        lambda statistic, vectors, labels, orders: 1 / (1 + len(orders)),
        lambda statistic, vectors, labels, orders: _p(
            lambda values, real, m: (1 + (values >= real).sum()) / (1 + m), statistic, vectors, labels, orders[:99]
        ),
        lambda statistic, vectors, labels, orders: (
            (1 + sum(statistic(vectors[o], labels[o]) >= statistic(vectors, labels) for o in orders)) / (1 + len(orders))
        ),
    ],
    "linear_cka": [
        lambda a, b: _cka(a, b) ** 0.5,
        lambda a, b: 1 - _cka(a, b),
        lambda a, b: _cka(a, b, centre=lambda v: v),
        lambda a, b: _cka(a, b, centre=lambda v: v - v.mean()),
        lambda a, b: _cka(a, b, centre=lambda v: v - v.mean(1, keepdims=True)),
        lambda a, b: _cka(a, b, centre=lambda v: (v - v.mean(0)) / v.std(0)),
        lambda a, b: _cka(a, b, centre=lambda v: (v - v.mean(0)) / np.linalg.norm(v - v.mean(0), axis=1, keepdims=True)),
        lambda a, b: _cka(a - a.mean(0), b, centre=lambda v: v),
        lambda a, b: _cka(a, b[::-1]),  # other texts beside each other
        lambda a, b: _cka(a[1:], b[:-1]),
        lambda a, b: _cka(a[:, :3], b),
        lambda a, b: _cka(a, a),
        lambda a, b: np.abs(np.corrcoef(a.T, b.T)[:5, 5:]).mean(),
        lambda a, b: np.linalg.norm((a - a.mean(0)).T @ (b - b.mean(0))) ** 2,
        lambda a, b: (
            np.linalg.norm((a - a.mean(0)).T @ (b - b.mean(0)), "nuc") ** 2
            / (
                np.linalg.norm((a - a.mean(0)).T @ (a - a.mean(0)), "nuc")
                * np.linalg.norm((b - b.mean(0)).T @ (b - b.mean(0)), "nuc")
            )
        ),
        _debiased,
    ],
    "change": [
        lambda *given: _interval(*given, quantiles=(0.05, 0.95)),
        lambda *given: _interval(*given, quantiles=(0.25, 0.975)),
        lambda *given: _interval(*given, quantiles=(0.975, 0.025)),
        lambda *given: _interval(*given, quantiles=(0.0, 1.0)),
        lambda *given: _interval(*given)[0],
        lambda *given: _interval(*given)[::-1],
        lambda *given: _interval(*given)[1:],
        lambda after, before, rows: _interval(after, before, rows, gain=before - after.mean(0)),
        lambda after, before, rows: _interval(after, before, rows, gain=after.mean(0)),
        lambda after, before, rows: _interval(after, before, rows, gain=after[-1] - before),
        lambda after, before, rows: _interval(after, before, rows, gain=after.max(0) - before),
        lambda after, before, rows: _interval(after, before, rows, gain=np.median(after, axis=0) - before),
        lambda after, before, rows: _interval(after, before, rows[: len(rows) // 2]),
        lambda after, before, rows: _interval(after, before, rows[:, :30]),
        lambda after, before, rows: _interval(after, before, rows.T),
        lambda after, before, rows: (
            after.mean() - before.mean(),
            *np.quantile(after.mean(0)[rows].mean(1) - before.mean(), (0.025, 0.975)),
        ),  # before is not drawn anew
        lambda after, before, rows: (
            after.mean() - before.mean(),
            *(np.quantile(after.mean(0)[rows].mean(1), q) - np.quantile(before[rows].mean(1), q) for q in (0.025, 0.975)),
        ),
        _normal_interval,
    ],
}
