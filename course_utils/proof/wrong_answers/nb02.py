"""Wrong answers to the exercises of notebook 02."""

import numpy as np
import torch
from torch.nn.functional import cross_entropy


def _assembled(a, b, cls_id, sep_id, ids=None, types=None):
    ids = ids or [cls_id, *a, sep_id, *b, sep_id]
    return ids, types or [0] * (len(a) + 2) + [1] * (len(b) + 1)


def _normalised(total, weight, bias, axis=-1, divide=True, power=0.5):
    centred = total - total.mean(axis, keepdims=True)
    variance = (centred**2).mean(axis, keepdims=True)
    return (centred / variance**power if divide else centred) * weight + bias


def _masked(ids, special, draws, random_ids, mask_id, rate=0.15, first=0.8, second=0.9, which=(0, 1)):
    selected = (draws[which[0]] < rate) & ~special
    how = draws[which[1]]
    inputs = np.where(selected & (how < first), mask_id, ids)
    return np.where(selected & (how >= first) & (how < second), random_ids, inputs), np.where(selected, ids, -100)


def _only_all_positions(ids, special, draws, random_ids, mask_id):
    """The second draw is used at every position, not only at selected ones."""
    inputs = np.where(draws[1] < 0.8, mask_id, np.where(draws[1] < 0.9, random_ids, ids))
    return inputs, np.where((draws[0] < 0.15) & ~special, ids, -100)


def _boundaries_moved(ids, special, draws, random_ids, mask_id):
    selected = (draws[0] <= 0.15) & ~special
    inputs = np.where(selected & (draws[1] <= 0.8), mask_id, ids)
    inputs = np.where(selected & (draws[1] > 0.8) & (draws[1] <= 0.9), random_ids, inputs)
    return inputs, np.where(selected, ids, -100)


def _gradient(hidden, weight, labels, loss=None, norm=None):
    hidden = hidden.clone().requires_grad_()
    logits = hidden @ weight.T
    value = cross_entropy(logits, labels) if loss is None else loss(logits)
    value.backward()
    return (norm or (lambda g: g.norm(dim=-1)))(hidden.grad)


def _rolled(attentions, mix=0.5, add=None, order=1, turn=False):
    n = attentions.shape[-1]
    flow = np.eye(n)
    for attention in attentions[::order]:
        mixed = mix * attention + (1 - mix) * (np.eye(n) if add is None else add)
        flow = flow @ mixed if turn else mixed @ flow
    return flow


ANSWERS = {
    "assemble": [
        lambda a, b, cls_id, sep_id: _assembled(a, b, cls_id, sep_id, ids=[sep_id, *a, cls_id, *b, cls_id]),
        lambda a, b, cls_id, sep_id: _assembled(a, b, cls_id, sep_id, ids=[cls_id, *b, sep_id, *a, sep_id]),
        lambda a, b, cls_id, sep_id: _assembled(a, b, cls_id, sep_id)[::-1],
        lambda a, b, cls_id, sep_id: _assembled(a, b, cls_id, sep_id, types=[1] * (len(a) + 2) + [2] * (len(b) + 1)),
        lambda a, b, cls_id, sep_id: _assembled(a, b, cls_id, sep_id, types=[0] * (len(a) + len(b) + 3)),
        lambda a, b, cls_id, sep_id: _assembled(a, b, cls_id, sep_id, types=[0] * (len(a) + 1) + [1] * (len(b) + 2)),
        lambda a, b, cls_id, sep_id: _assembled(a, b, cls_id, sep_id, types=[1] * (len(a) + 2) + [0] * (len(b) + 1)),
        lambda a, b, cls_id, sep_id: _assembled(a, b, cls_id, sep_id, types=[0] * len(a) + [1] * len(b)),
        lambda a, b, cls_id, sep_id: ([cls_id, *a, *b, sep_id], [0] * (len(a) + 1) + [1] * (len(b) + 1)),
        lambda a, b, cls_id, sep_id: ([*a, sep_id, *b, sep_id], [0] * (len(a) + 1) + [1] * (len(b) + 1)),
        lambda a, b, cls_id, sep_id: ([cls_id, a, sep_id, b, sep_id], [0, 0, 0, 1, 1]),
        lambda a, b, cls_id, sep_id: _assembled(a, b, cls_id, sep_id)[0],
        lambda a, b, cls_id, sep_id: _assembled(a, b, 101, 102),  # the ids of another vocabulary
    ],
    "input_vector": [
        lambda t, s, p, w, b: _normalised(t + s + p, b, w),
        lambda t, s, p, w, b: _normalised(t + s + p, w, b, axis=0),
        lambda t, s, p, w, b: _normalised(t + s + p, w, b, divide=False),
        lambda t, s, p, w, b: _normalised(t + s + p, w, b, power=1),
        lambda t, s, p, w, b: _normalised(t + s + p, w, 0),
        lambda t, s, p, w, b: _normalised(t + s + p, 1, b),
        lambda t, s, p, w, b: _normalised(t + p, w, b),
        lambda t, s, p, w, b: _normalised(t + s, w, b),
        lambda t, s, p, w, b: _normalised(t, w, b) + s + p,
        lambda t, s, p, w, b: _normalised(t, w, b) + _normalised(s, w, b) + _normalised(p, w, b),
        lambda t, s, p, w, b: _normalised((t + s + p) * w + b, 1, 0),  # weight and bias before the norm
        lambda t, s, p, w, b: (_normalised(t + s + p, 1, 0) + b) * w,
        lambda t, s, p, w, b: (t + s + p) / np.linalg.norm(t + s + p, axis=-1, keepdims=True) * w + b,
        lambda t, s, p, w, b: (t + s + p - (t + s + p).mean()) / (t + s + p).std() * w + b,  # over all tokens at once
        lambda t, s, p, w, b: torch.nn.functional.layer_norm(
            torch.as_tensor(t + s + p), w.shape, torch.as_tensor(w), torch.as_tensor(b), 0.1
        ),
        lambda t, s, p, w, b: np.concatenate([t, s, p], axis=-1),
    ],
    "mask_tokens": [
        lambda *given: _masked(*given, rate=0.2),
        lambda *given: _masked(*given, first=0.9, second=1.0),
        lambda *given: _masked(*given, first=0.8, second=1.0),  # 80/20
        lambda *given: _masked(*given, first=0.1, second=0.2),
        lambda *given: _masked(*given, which=(1, 0)),
        lambda *given: _masked(*given)[::-1],
        lambda *given: (_masked(*given)[0], np.where(_masked(*given)[1] == -100, 0, _masked(*given)[1])),
        lambda *given: (_masked(*given)[0], _masked(*given)[1] != -100),
        lambda ids, special, *rest: _masked(ids, ~special, *rest),
        lambda ids, special, draws, random_ids, mask_id: _masked(ids, special, draws, ids, mask_id),
        lambda ids, special, draws, random_ids, mask_id: _masked(ids, special, draws, random_ids[::-1], mask_id),
        lambda ids, special, draws, random_ids, mask_id: _masked(ids, special, draws, random_ids, 103),
        lambda ids, special, draws, random_ids, mask_id: _masked(ids, special, draws, random_ids, -100),
        lambda ids, special, draws, random_ids, mask_id: (ids, _masked(ids, special, draws, random_ids, mask_id)[1]),
        _only_all_positions,
        _boundaries_moved,
    ],
    "gradient_by_position": [
        lambda hidden, weight, labels: _gradient(hidden, weight, labels, norm=lambda g: g.norm()),
        lambda hidden, weight, labels: _gradient(hidden, weight, labels, norm=lambda g: g.abs().sum(-1)),
        lambda hidden, weight, labels: _gradient(hidden, weight, labels, norm=lambda g: g.pow(2).sum(-1)),
        lambda hidden, weight, labels: _gradient(hidden, weight, labels, norm=lambda g: g.mean(-1)),
        lambda hidden, weight, labels: _gradient(hidden, weight, labels, norm=lambda g: g.abs().amax(-1)),
        lambda hidden, weight, labels: _gradient(hidden, weight, labels, norm=lambda g: g.norm(dim=-1).flip(0)),
        lambda hidden, weight, labels: _gradient(
            hidden, weight, labels, lambda logits: cross_entropy(logits, labels, reduction="sum") / len(labels)
        ),
        lambda hidden, weight, labels: _gradient(
            hidden, weight, labels, lambda logits: cross_entropy(logits.softmax(1), labels)
        ),
        lambda hidden, weight, labels: _gradient(
            hidden, weight, labels, lambda logits: logits[labels != -100].logsumexp(1).mean()
        ),
        lambda hidden, weight, labels: _gradient(hidden, weight, labels, lambda logits: -cross_entropy(logits, labels))[1:],
        lambda hidden, weight, labels: _gradient(hidden, weight, labels)[labels != -100],
        lambda hidden, weight, labels: cross_entropy(hidden @ weight.T, labels, reduction="none"),
        lambda hidden, weight, labels: (hidden @ weight.T).norm(dim=-1),
        lambda hidden, weight, labels: _gradient(hidden.float(), weight.float(), torch.where(labels < 0, 0, labels)),
    ],
    "rollout": [
        lambda attentions: _rolled(attentions, mix=0.9),
        lambda attentions: _rolled(attentions, mix=1.0),
        lambda attentions: _rolled(attentions, order=-1),
        lambda attentions: _rolled(attentions, turn=True),
        lambda attentions: _rolled(attentions).T,
        lambda attentions: _rolled(attentions[1:]),
        lambda attentions: _rolled(attentions[:-1]),
        lambda attentions: _rolled(attentions, add=np.ones(attentions.shape[1:])),
        lambda attentions: _rolled(attentions.transpose(0, 2, 1)),
        lambda attentions: _rolled(attentions) - np.eye(attentions.shape[-1]) * 0.5 ** len(attentions),
        lambda attentions: attentions[-1],
        lambda attentions: 0.5 * attentions[-1] + 0.5 * np.eye(attentions.shape[-1]),
        lambda attentions: np.prod(0.5 * attentions + 0.5 * np.eye(attentions.shape[-1]), axis=0),  # not matrices
        lambda attentions: sum(0.5 * a + 0.5 * np.eye(len(a)) for a in attentions) / len(attentions),
        lambda attentions: _rolled(attentions)[0],
    ],
}
