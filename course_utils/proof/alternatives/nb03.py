"""Other right answers to the exercises of notebook 03."""

import itertools

import numpy as np
import torch

# mean_cosine


def _mean_cosine_torch(vectors):
    unit = torch.nn.functional.normalize(torch.as_tensor(vectors), dim=1)
    first, second = torch.triu_indices(len(unit), len(unit), offset=1)
    return (unit[first] * unit[second]).sum(1).mean()


def _mean_cosine_einsum(vectors):
    unit = vectors / np.sqrt(np.einsum("nd,nd->n", vectors, vectors))[:, None]
    cosines = np.einsum("id,jd->ij", unit, unit)
    return (cosines.sum() - np.trace(cosines)) / (len(unit) ** 2 - len(unit))


def _mean_cosine_combinations(vectors):
    pairs = list(itertools.combinations(vectors, 2))
    return sum(a @ b / (a @ a) ** 0.5 / (b @ b) ** 0.5 for a, b in pairs) / len(pairs)


def _mean_cosine_sklearn(vectors):
    from sklearn.metrics.pairwise import cosine_similarity

    cosines = cosine_similarity(vectors)
    return cosines[np.tril_indices(len(vectors), k=-1)].mean()


# two_tables


def _two_tables(correlation, digits=None):
    """Both figures from the data themselves, with another library's correlation."""
    from course_utils import cosine, load_data, tfidf_vectors

    sts = load_data("sts", split="test")
    both = tfidf_vectors([*sts["sentence1"], *sts["sentence2"]])
    scores, gold = cosine(both[: len(sts)], both[len(sts) :]), sts["score"].to_numpy()
    strata = sts["stratum"].to_numpy()
    main = np.isin(strata, ["para_high", "para_low", "same_topic", "unrelated", "graded"])
    within = sum(
        (strata == name).sum() * correlation(scores[strata == name], gold[strata == name]) for name in np.unique(strata[main])
    )
    pair = correlation(scores[main], gold[main]), within / main.sum()
    return pair if digits is None else [round(float(value), digits) for value in pair]


def _two_tables_scipy():
    from scipy.stats import spearmanr

    return _two_tables(lambda a, b: spearmanr(a, b).statistic)


def _two_tables_rounded():
    from scipy.stats import rankdata

    return _two_tables(lambda a, b: np.corrcoef(rankdata(a), rankdata(b))[0, 1], digits=2)


# selectivity


def _selectivity_by_scaler(train, labels, test, test_labels):
    from sklearn.linear_model import LogisticRegression
    from sklearn.preprocessing import StandardScaler

    scaler = StandardScaler().fit(train)
    train, test = scaler.transform(train), scaler.transform(test)
    found = []
    for column in range(2):
        said = LogisticRegression(C=0.1, max_iter=1000).fit(train, labels[:, column]).predict(test)
        found.append((said == test_labels[:, column]).mean())
    return found[0] - found[1]


def _selectivity_other_solver(train, labels, test, test_labels):
    from sklearn.linear_model import LogisticRegression
    from sklearn.metrics import accuracy_score

    mean, deviation = np.mean(train, axis=0), np.std(train, axis=0)

    def accuracy(column):
        probe = LogisticRegression(C=0.1, max_iter=1000, solver="newton-cg")
        probe.fit((train - mean) / deviation, labels.T[column])
        return accuracy_score(test_labels.T[column], probe.predict((test - mean) / deviation))

    return float(accuracy(0) - accuracy(1))


# rank_similarity


def _ranks_pandas(a, b):
    import pandas as pd

    return pd.DataFrame(a).T.corrwith(pd.DataFrame(b).T, method="spearman")


def _ranks_torch(a, b):
    a, b = (torch.as_tensor(x).argsort(1).argsort(1).double() for x in (a, b))
    return torch.nn.functional.cosine_similarity(a - a.mean(1, keepdim=True), b - b.mean(1, keepdim=True), dim=1)


def _ranks_by_differences(a, b):
    from scipy.stats import rankdata

    d = a.shape[1]
    return [1 - 6 * ((rankdata(x) - rankdata(y)) ** 2).sum() / (d * (d * d - 1)) for x, y in zip(a, b, strict=True)]


def _ranks_einsum(a, b):
    a, b = ((x[:, :, None] > x[:, None, :]).sum(2) - (x.shape[1] - 1) / 2 for x in (a, b))
    return np.einsum("nd,nd->n", a, b) / np.sqrt(np.einsum("nd,nd->n", a, a) * np.einsum("nd,nd->n", b, b))


ANSWERS = {
    "extract_cls": [
        lambda output: output.last_hidden_state[:, 0, :],
        lambda output: output["last_hidden_state"][:, 0].numpy(),
        lambda output: output.hidden_states[-1].unbind(1)[0],
        lambda output: torch.stack([tokens[0] for tokens in output.last_hidden_state]),
        lambda output: torch.einsum("btd,t->bd", output[0], torch.eye(output[0].shape[1])[0]),
        lambda output: output.last_hidden_state.transpose(0, 1)[0].tolist(),
    ],
    "mean_cosine": [_mean_cosine_torch, _mean_cosine_einsum, _mean_cosine_combinations, _mean_cosine_sklearn],
    "two_tables": [_two_tables_scipy, _two_tables_rounded, lambda: torch.tensor(_two_tables_scipy())],
    "selectivity": [_selectivity_by_scaler, _selectivity_other_solver],
    "rank_similarity": [_ranks_pandas, _ranks_torch, _ranks_by_differences, _ranks_einsum],
}
