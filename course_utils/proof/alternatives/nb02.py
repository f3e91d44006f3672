"""Other right answers to the exercises of notebook 02."""

import functools

import numpy as np
import torch

# assemble


def _assemble_numpy(a, b, cls_id, sep_id):
    return np.concatenate([[cls_id], a, [sep_id], b, [sep_id]]), np.repeat([0, 1], [len(a) + 2, len(b) + 1])


def _assemble_torch(a, b, cls_id, sep_id):
    ids = torch.tensor([cls_id, *a, sep_id, *b, sep_id])
    return ids, (torch.arange(len(ids)) > len(a) + 1).int()


def _assemble_counting_seps(a, b, cls_id, sep_id):
    ids = [cls_id, *a, sep_id, *b, sep_id]
    return [ids, [0 if i < len(a) + 2 else 1 for i in range(len(ids))]]


# input_vector


def _layer_norm_module(token, segment, position, weight, bias):
    norm = torch.nn.LayerNorm(len(weight), eps=1e-12, dtype=torch.float64)
    norm.load_state_dict({"weight": torch.tensor(weight), "bias": torch.tensor(bias)})
    return norm(torch.tensor(token + segment + position))


def _layer_norm_by_transposing(token, segment, position, weight, bias):
    total = np.add(np.add(token, segment), position).T  # (dim, tokens)
    return ((total - total.mean(0)) / total.std(0)).T * weight + bias


def _layer_norm_loop(token, segment, position, weight, bias):
    out = np.zeros_like(token)
    for i in range(len(token)):
        total = [token[i][j] + segment[i][j] + position[i][j] for j in range(len(bias))]
        mean = sum(total) / len(total)
        deviation = (sum((x - mean) ** 2 for x in total) / len(total)) ** 0.5
        for j in range(len(bias)):
            out[i, j] = (total[j] - mean) / deviation * weight[j] + bias[j]
    return out


def _layer_norm_einsum(token, segment, position, weight, bias):
    total = np.sum([token, segment, position], axis=0)
    centred = total - np.einsum("td->t", total)[:, None] / total.shape[1]
    length = np.sqrt(np.einsum("td,td->t", centred, centred) / total.shape[1])
    return np.einsum("td,t,d->td", centred, 1 / length, weight) + bias


# mask_tokens


def _mask_with_select(ids, special, draws, random_ids, mask_id, rate=0.15):
    selected = np.logical_and(draws[0] < rate, np.logical_not(special))
    inputs = np.select(
        [selected & (draws[1] < 0.8), selected & (draws[1] < 0.9)], [np.full_like(ids, mask_id), random_ids], default=ids
    )
    return inputs, np.where(selected, ids, -100)


def _mask_in_torch(ids, special, draws, random_ids, mask_id, rate=0.15):
    ids, special, draws, random_ids = map(torch.as_tensor, (ids, special, draws, random_ids))
    chosen, how = draws[0].lt(rate) & ~special, draws[1]
    labels = ids.masked_fill(~chosen, -100)
    inputs = ids.masked_fill(chosen & (how < 0.8), mask_id)
    return torch.where(chosen & (how >= 0.8) & (how < 0.9), random_ids, inputs), labels


def _mask_flat(ids, special, draws, random_ids, mask_id, rate=0.15):
    inputs, labels = ids.copy(), np.full(ids.shape, -100)
    for place in zip(*np.nonzero((draws[0] < rate) & ~special), strict=True):
        labels[place] = ids[place]
        if draws[1][place] < 0.8:
            inputs[place] = mask_id
        elif draws[1][place] < 0.9:
            inputs[place] = random_ids[place]
    return inputs, labels


# gradient_by_position


def _gradient_leaf(hidden, weight, labels):
    leaf = hidden.detach().clone()
    leaf.requires_grad = True
    loss = torch.nn.CrossEntropyLoss(ignore_index=-100)(leaf @ weight.T, labels)
    loss.backward()
    return torch.linalg.vector_norm(leaf.grad, dim=1)


def _gradient_numpy(hidden, weight, labels):
    hidden, weight, labels = hidden.numpy(), weight.numpy(), labels.numpy()
    logits = hidden @ weight.T
    shares = np.exp(logits - logits.max(1, keepdims=True))
    shares /= shares.sum(1, keepdims=True)
    norms, selected = np.zeros(len(hidden)), np.flatnonzero(labels >= 0)
    for i in selected:
        error = shares[i].copy()
        error[labels[i]] -= 1
        norms[i] = np.linalg.norm(error @ weight) / len(selected)
    return norms


def _gradient_by_log_softmax(hidden, weight, labels):
    hidden = hidden.clone().requires_grad_()
    said = (hidden @ weight.T).log_softmax(-1)
    on = labels != -100
    (-said[on].gather(1, labels[on][:, None]).mean()).backward()
    return torch.einsum("td,td->t", hidden.grad, hidden.grad).sqrt().tolist()


# rollout


def _rollout_torch(attentions):
    mixed = (torch.as_tensor(attentions) + torch.eye(attentions.shape[-1])) / 2
    return torch.linalg.multi_dot(list(mixed.flip(0)))


def _rollout_einsum(attentions):
    flow = None
    for attention in attentions:
        half = (attention + np.identity(len(attention))) / 2
        flow = half if flow is None else np.einsum("qk,ki->qi", half, flow)
    return flow


def _rollout_loop(attentions):
    n = attentions.shape[1]
    held = [[float(i == j) for j in range(n)] for i in range(n)]
    for layer in attentions:
        held = [[held[q][i] / 2 + sum(layer[q][k] * held[k][i] for k in range(n)) / 2 for i in range(n)] for q in range(n)]
    return held


ANSWERS = {
    "assemble": [_assemble_numpy, _assemble_torch, _assemble_counting_seps],
    "input_vector": [_layer_norm_module, _layer_norm_by_transposing, _layer_norm_loop, _layer_norm_einsum],
    "mask_tokens": [_mask_with_select, _mask_in_torch, _mask_flat],
    "gradient_by_position": [_gradient_leaf, _gradient_numpy, _gradient_by_log_softmax],
    "rollout": [
        _rollout_torch,
        _rollout_einsum,
        _rollout_loop,
        lambda attentions: functools.reduce(np.matmul, [0.5 * (a + np.eye(a.shape[0])) for a in attentions[::-1]]),
    ],
}
