"""Wrong answers to the exercises of notebook 07."""

import numpy as np


def _places(found, right, start=1):
    return [place for place, passage in enumerate(found, start=start) if passage in right]


def _chosen(cosines, duplicate, figure, values=None, last=False):
    """The threshold with the greatest figure of right calls, calls, duplicates and pairs; of equal ones the highest."""
    values = np.unique(cosines)[::-1] if values is None else values
    values = values[::-1] if last else values
    figures = []
    for threshold in values:
        called = cosines >= threshold
        right, calls = (called & duplicate).sum(), called.sum()
        figures.append(figure(right, calls, duplicate.sum(), len(cosines)))
    return values[int(np.argmax(figures))]


def _f1(right, calls, truth, n):
    return 2 * right / (calls + truth)


def _between(cosines):
    values = np.unique(cosines)[::-1]
    return np.r_[values[0] + 0.01, (values[1:] + values[:-1]) / 2]


def _fused(rankings, share, down=True, best=None):
    scores = {}
    for ranking in rankings:
        for place, passage in enumerate(ranking, start=1):
            value = share(place, len(ranking))
            scores[passage] = scores.get(passage, 0) + value if best is None else best(scores.get(passage, value), value)
    return sorted(scores, key=scores.get, reverse=down)


ANSWERS = {
    "reciprocal_rank": [
        lambda found, right: 1 / _places(found, right)[0],  # fails where there is none
        lambda found, right: 1 / min(_places(found, right), default=len(found) + 1),
        lambda found, right: 1 / min(_places(found, right, 2), default=np.inf),
        lambda found, right: min(_places(found, right), default=0),
        lambda found, right: 1 / max(_places(found, right), default=np.inf),
        lambda found, right: sum(1 / place for place in _places(found, right)),
        lambda found, right: np.mean([1 / place for place in _places(found, right)] or [0]),
        lambda found, right: sum(1 / place for place in _places(found, right)) / len(right),
        lambda found, right: 1 / np.log2(1 + min(_places(found, right), default=np.inf)),
        lambda found, right: 1 - min(_places(found, right), default=10) / 10,
        lambda found, right: float(found[0] in right),
        lambda found, right: float(bool(_places(found, right))),
        lambda found, right: len(_places(found, right)) / len(found),
        lambda found, right: len(_places(found, right)) / len(right),
        lambda found, right: 1 / min(_places(found[::-1], right), default=np.inf),
        lambda found, right: 1 / min(_places(sorted(found), right), default=np.inf),
        lambda found, right: 1 / min(_places(found[:5], right), default=np.inf),
        lambda found, right: 1 / min(_places(found, right)) if _places(found, right) else None,
        lambda found, right: 1 / min(_places(found, {sorted(right)[0]}), default=np.inf),
        lambda found, right: 1 // min(_places(found, right), default=2),
    ],
    "choose_threshold": [
        lambda cosines, duplicate: _chosen(cosines, duplicate, _f1, last=True),  # the lowest of equal ones
        lambda cosines, duplicate: _chosen(cosines, duplicate, _f1, np.unique(cosines)[::-1][1:]),
        lambda cosines, duplicate: _chosen(cosines, duplicate, _f1, _between(cosines)),
        lambda cosines, duplicate: _chosen(cosines, duplicate, _f1, np.linspace(1, 0, 11)),  # a coarse grid
        lambda cosines, duplicate: _chosen(cosines, duplicate, _f1, np.sort(cosines[duplicate])[:1]),
        lambda cosines, duplicate: _chosen(cosines, ~duplicate, _f1),
        lambda cosines, duplicate: _chosen(-cosines, duplicate, _f1),
        lambda cosines, duplicate: _chosen(cosines, duplicate, lambda r, c, t, n: r / c),
        lambda cosines, duplicate: _chosen(cosines, duplicate, lambda r, c, t, n: r / t),
        lambda cosines, duplicate: _chosen(cosines, duplicate, lambda r, c, t, n: r / (c + t - r) - r / n),
        lambda cosines, duplicate: _chosen(cosines, duplicate, lambda r, c, t, n: r / c + r / t),
        lambda cosines, duplicate: _chosen(cosines, duplicate, lambda r, c, t, n: 5 * r / (c + 4 * t)),  # F2
        lambda cosines, duplicate: _chosen(cosines, duplicate, lambda r, c, t, n: 1.25 * r / (c + t / 4)),
        lambda cosines, duplicate: _chosen(cosines, duplicate, lambda r, c, t, n: n - c - t + 2 * r),
        lambda cosines, duplicate: _f1((duplicate & (cosines >= 0.6)).sum(), (cosines >= 0.6).sum(), duplicate.sum(), 40),
        lambda cosines, duplicate: int(np.argmax(cosines)),
        lambda cosines, duplicate: cosines[duplicate].min(),
        lambda cosines, duplicate: cosines[duplicate].mean(),
        lambda cosines, duplicate: cosines[~duplicate].max(),
        lambda cosines, duplicate: np.quantile(cosines, 0.75),
        lambda cosines, duplicate: 0.5,
    ],
    "index_memory": [
        3.84, 15.36, 30.72, 61.44, 7.15, 7.15255737, 7680, 7.68e9, 0.00768, 76.8, 0.768, 3.84e9, -7.68, 7.6, 8,
        "7.68", "7.68 GB", float("nan"), [7.68, 7.68], None,
    ],
    "fuse_rankings": [
        lambda rankings, k=60: _fused(rankings, lambda place, n: 1 / (60 + place)),  # k is not used
        lambda rankings, k=60: _fused(rankings, lambda place, n: 1 / place),
        lambda rankings, k=60: _fused(rankings, lambda place, n: 1 / (k + place - 1)),
        lambda rankings, k=60: _fused(rankings, lambda place, n: 1 / (k + place + 1)),
        lambda rankings, k=60: _fused(rankings, lambda place, n: 1 / (k * place)),
        lambda rankings, k=60: _fused(rankings, lambda place, n: 1 / k + place),
        lambda rankings, k=60: _fused(rankings, lambda place, n: 1 / (k + place), down=False),
        lambda rankings, k=60: _fused(rankings, lambda place, n: k + place, down=False),
        lambda rankings, k=60: _fused(rankings, lambda place, n: n - place),  # points by place
        lambda rankings, k=60: _fused(rankings, lambda place, n: 1 / (k + place), best=max),
        lambda rankings, k=60: _fused(rankings, lambda place, n: 1 / (k + place), best=lambda old, new: new),
        lambda rankings, k=60: _fused(rankings, lambda place, n: 1),
        lambda rankings, k=60: _fused(rankings[:2], lambda place, n: 1 / (k + place)),
        lambda rankings, k=60: _fused([ranking[::-1] for ranking in rankings], lambda place, n: 1 / (k + place)),
        lambda rankings, k=60: _fused([ranking[:5] for ranking in rankings], lambda place, n: 1 / (k + place)),
        lambda rankings, k=60: _fused(rankings, lambda place, n: 1 / (k + place))[:6],
        lambda rankings, k=60: [p for p in _fused(rankings, lambda place, n: 1 / (k + place)) if all(p in r for r in rankings)],
        lambda rankings, k=60: _fused(rankings, lambda place, n: 1 / (k + place) ** 2),
        lambda rankings, k=60: rankings[0],
        lambda rankings, k=60: sorted({passage for ranking in rankings for passage in ranking}),
        lambda rankings, k=60: [passage for places in zip(*rankings, strict=True) for passage in places],
    ],
}  # fmt: skip
