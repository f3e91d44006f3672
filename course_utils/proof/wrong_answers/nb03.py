"""Wrong answers to the exercises of notebook 03."""

import numpy as np
import torch
from scipy.stats import kendalltau, rankdata
from sklearn.linear_model import LogisticRegression


def _unit(vectors):
    return vectors / np.linalg.norm(vectors, axis=1, keepdims=True)


def _upper(table):
    return table[np.triu_indices(len(table), k=1)]


def _probed(train, labels, test, test_labels, combine=lambda task, control: task - control, by=None, **options):
    """Both accuracies of a probe, standardised by ``by`` (the training vectors)."""
    by = train if by is None else by
    found = []
    for column in (0, 1):
        probe = LogisticRegression(**{"C": 0.1, "max_iter": 1000, **options})
        probe.fit((train - by.mean(0)) / by.std(0), labels[:, column])
        found.append(probe.score((test - by.mean(0)) / by.std(0), test_labels[:, column]))
    return combine(*found)


def _control_by_task_labels(train, labels, test, test_labels):
    return _probed(train, labels, test, test_labels[:, [0, 0]])


def _not_standardised(train, labels, test, test_labels):
    found = [LogisticRegression(C=0.1, max_iter=1000).fit(train, labels[:, i]).score(test, test_labels[:, i]) for i in (0, 1)]
    return found[0] - found[1]


def _cosine_rows(a, b):
    return (a * b).sum(1) / np.linalg.norm(a, axis=1) / np.linalg.norm(b, axis=1)


def _ranked(vectors, axis=1):
    ranks = rankdata(vectors, axis=axis)
    return ranks - ranks.mean(1, keepdims=True)


def _table_values():
    from course_utils.exercises.nb03 import _two_tables

    return np.array(_two_tables())


ANSWERS = {
    "extract_cls": [
        lambda output: output.pooler_output,
        lambda output: output.last_hidden_state[:, 1],
        lambda output: output.last_hidden_state[:, -1],
        lambda output: output.last_hidden_state[0, :],
        lambda output: output.last_hidden_state[:, :, 0],
        lambda output: output.last_hidden_state[0, 0],
        lambda output: output.last_hidden_state[:, :1],  # (batch, 1, dim)
        lambda output: output.hidden_states[-2][:, 0],
        lambda output: output.hidden_states[0][:, 0],
        lambda output: output.last_hidden_state.mean(1),
        lambda output: output.last_hidden_state.max(1).values,
        lambda output: output.last_hidden_state[:, 1:].mean(1),
        lambda output: torch.stack(output.hidden_states).mean(0)[:, 0],
        lambda output: torch.nn.functional.normalize(output.last_hidden_state[:, 0], dim=1),
        lambda output: output.last_hidden_state[:, 0].tanh(),
        lambda output: output.last_hidden_state[:, 0].T,
        lambda output: output.last_hidden_state[:1, 0],
        lambda output: output.last_hidden_state,
    ],
    "mean_cosine": [
        lambda v: np.median(_upper(_unit(v) @ _unit(v).T)),
        lambda v: np.abs(_upper(_unit(v) @ _unit(v).T)).mean(),
        lambda v: _upper(_unit(v) @ _unit(v).T).sum(),
        lambda v: np.triu(_unit(v) @ _unit(v).T, k=1).mean(),  # the zeros counted in
        lambda v: (_unit(v) @ _unit(v).T)[np.triu_indices(len(v))].mean(),  # the diagonal in
        lambda v: _cosine_rows(v[:-1], v[1:]).mean(),  # neighbours only
        lambda v: _upper(_unit(v.T) @ _unit(v.T).T).mean(),  # between dimensions
        lambda v: _upper(np.corrcoef(v)).mean(),
        lambda v: np.linalg.norm(_unit(v).mean(0)),
        lambda v: (_unit(v).mean(0) ** 2).sum(),  # with itself, in closed form
        lambda v: 1 - _upper(_unit(v) @ _unit(v).T).mean(),
        lambda v: _cosine_rows(v, np.broadcast_to(v.mean(0), v.shape)).mean(),  # to the mean
        lambda v: ((_unit(v) @ _unit(v).T).sum() - len(v)) / len(v) ** 2,
        lambda v: _unit(v) @ _unit(v).T,
        lambda v: _upper((v / np.abs(v).sum(1, keepdims=True)) @ (v / np.abs(v).sum(1, keepdims=True)).T).mean(),
    ],
    "two_tables": [
        (0.0, 0.0),
        lambda: _table_values()[::-1],
        lambda: _table_values() + np.array([0.01, 0]),
        lambda: _table_values() - np.array([0, 0.01]),
        lambda: 100 * _table_values(),
        lambda: -_table_values(),
        lambda: np.round(_table_values(), 1),
        lambda: _table_values()[[0, 0]],
        lambda: _table_values()[[1, 1]],
        lambda: _table_values()[0],
        lambda: [*_table_values(), 0.5],
        ("0.5", "0.4"),
        float("nan"),
        (float("nan"), float("nan")),
    ],
    "selectivity": [
        lambda *given: _probed(*given, combine=lambda task, control: control - task),
        lambda *given: _probed(*given, combine=lambda task, control: task),
        lambda *given: _probed(*given, combine=lambda task, control: control),
        lambda *given: _probed(*given, combine=lambda task, control: task / control),
        lambda *given: _probed(*given, combine=lambda task, control: task - 0.5),
        lambda *given: _probed(*given, combine=lambda task, control: (task, control)),
        lambda *given: _probed(*given, combine=lambda task, control: 100 * (task - control)),
        lambda *given: _probed(*given, fit_intercept=False),
        lambda *given: _probed(*given, C=1e-4),
        lambda train, labels, test, test_labels: _probed(train, labels, test, test_labels, by=test),
        lambda train, labels, test, test_labels: _probed(train, labels, train, labels),
        lambda train, labels, test, test_labels: _probed(test, test_labels, test, test_labels),  # fitted on the test set
        lambda train, labels, test, test_labels: _probed(test, test_labels, train, labels),
        lambda train, labels, test, test_labels: _probed(train, labels[:, ::-1], test, test_labels[:, ::-1]),
        _control_by_task_labels,
        _not_standardised,
    ],
    "rank_similarity": [
        lambda a, b: _cosine_rows(a, b),
        lambda a, b: _cosine_rows(_ranked(a), b),
        lambda a, b: _cosine_rows(a, _ranked(b)),
        lambda a, b: _cosine_rows(_ranked(a, axis=0), _ranked(b, axis=0)),
        lambda a, b: _cosine_rows(rankdata(a, axis=1), rankdata(b, axis=1)),
        lambda a, b: _cosine_rows(np.argsort(a, axis=1) - 4.0, np.argsort(b, axis=1) - 4.0),  # argsort once is no rank
        lambda a, b: _cosine_rows(_ranked(np.abs(a)), _ranked(np.abs(b))),
        lambda a, b: _cosine_rows(_ranked(a), _ranked(b)).mean(),
        lambda a, b: _cosine_rows(_ranked(a), -_ranked(b)),
        lambda a, b: (_ranked(a) * _ranked(b)).mean(1),
        lambda a, b: np.array([kendalltau(x, y).statistic for x, y in zip(a, b, strict=True)]),
        lambda a, b: np.corrcoef(_ranked(a), _ranked(b)),
        lambda a, b: _cosine_rows(_ranked(a), _ranked(np.roll(b, 1, axis=0))),
        lambda a, b: _cosine_rows(rankdata(a).reshape(a.shape) - 14.0, rankdata(b).reshape(b.shape) - 14.0),  # over all rows
        lambda a, b: _cosine_rows(np.sign(a), np.sign(b)),
        lambda a, b: _cosine_rows(a - a.mean(1, keepdims=True), b - b.mean(1, keepdims=True)),
    ],
}
