"""``python -m course_utils.data_card``: measure the data sets and write the tables into their card.

The tables stand between two marker lines in ``data/README.md``; the prose around them is written by hand.
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

import numpy as np
import pandas as pd

from course_utils import data
from course_utils.embedding import embed
from course_utils.models import load_encoder
from course_utils.similarity import cosine, cosine_matrix, tfidf_vectors
from course_utils.statistics import bootstrap, spearman, spearman_difference, spearman_interval

BEGIN, END = "<!-- measured: begin -->", "<!-- measured: end -->"


def markdown(frame: pd.DataFrame) -> str:
    """A DataFrame with its index as a Markdown table."""
    head = [frame.index.name or "", *map(str, frame.columns)]
    rows = [[str(index), *map(str, row)] for index, row in zip(frame.index, frame.to_numpy(), strict=True)]
    return "\n".join("| " + " | ".join(cells) + " |" for cells in [head, ["---"] * len(head), *rows])


def sizes() -> str:
    """Rows of each set and its splits."""
    rows = {}
    for name in data.SCHEMAS:
        frame = data.load_data(name)
        splits = (
            ", ".join(f"{split} {count}" for split, count in frame["split"].value_counts().items()) if "split" in frame else ""
        )
        rows[name] = {"rows": len(frame), "splits": splits}
    triples, passages, questions = (data.load_data(name) for name in ("paraphrases", "passages", "questions"))
    rows["paraphrases"]["splits"] = f"{triples['situation'].nunique()} situations, {triples['subject'].nunique()} subjects"
    rows["passages"]["splits"] = f"{passages['subject'].nunique()} subjects"
    several = (questions["answers"].map(len) > 1).sum()
    rows["questions"]["splits"] = f"{several} with several answers, {questions['answers'].map(len).sum()} answers in all"
    return markdown(pd.DataFrame(rows).T.rename_axis("set"))


def strata() -> str:
    """Strata of ``sts``: size, mean score, word overlap, agreement of the two scorers."""
    sts = data.load_data("sts")
    sts["overlap"] = [
        len(a & b) / len(a | b) for a, b in zip(*(map(_words, sts[c]) for c in ("sentence1", "sentence2")), strict=True)
    ]
    table = sts.groupby("stratum").agg(pairs=("score", "size"), score=("score", "mean"), overlap=("overlap", "median"))
    table["scorers differ by"] = (sts["score_a"] - sts["score_b"]).abs().groupby(sts["stratum"]).mean()
    table = table.loc[list(data.STRATA)].rename(columns={"score": "mean score", "overlap": "median token Jaccard"}).round(2)
    table["pairs"] = table["pairs"].astype(int).astype(object)
    bins = pd.Series(np.floor(sts["score"] + 0.5).astype(int)).value_counts().sort_index()
    apart = (sts["score_a"] - sts["score_b"]).abs()
    return (
        markdown(table)
        + "\n\nPairs by rounded score: "
        + ", ".join(f"{score}: {count}" for score, count in bins.items())
        + f". The two scorers agree with Spearman {spearman(sts['score_a'], sts['score_b']):.3f}, mean absolute difference "
        f"{apart.mean():.2f}; {int((apart > 1.5).sum())} pairs differed by more than 1.5."
    )


def _words(text: str) -> set[str]:
    return set(text.lower().replace(".", " ").replace(",", " ").replace("?", " ").split())


def balance() -> str:
    """Sentiment by topic, the chi-square of the two labels, and devices."""
    from scipy.stats import chi2_contingency

    reviews = data.load_data("reviews")
    table = pd.crosstab(reviews["sentiment"], reviews["topic"])
    test = chi2_contingency(table)
    devices = ", ".join(f"{name} {count}" for name, count in reviews["device"].value_counts().items())
    return (
        markdown(table)
        + f"\n\nChi-square of sentiment and topic: {test.statistic:.2f} (p = {test.pvalue:.2f}). Devices: {devices}."
    )


def systems() -> dict:
    """Name -> function from a list of texts to vectors: the eight systems and more of the comparison."""
    encoder = load_encoder("mini-bert")
    control = load_encoder("untrained", like=encoder)
    ways = {"TF-IDF": tfidf_vectors}
    for name, model in (("untrained", control), ("mini-bert", encoder)):
        choices = {"[CLS]": ("cls", -1), "mean": ("mean", -1)}
        if model is encoder:
            choices |= {"first-last mean": ("first_last_mean", -1), "layer 0 mean": ("mean", 0), "pooler": ("pooler", -1)}
        for label, way in choices.items():
            ways[f"{name} {label}"] = lambda texts, model=model, way=way: embed(texts, model, *way)
    return ways


def pair_scores(vectorise, first, second) -> np.ndarray:
    """Cosine of each pair under ``vectorise``."""
    vectors = vectorise([*first, *second])
    return cosine(vectors[: len(first)], vectors[len(first) :])


def comparison(stsb: Path | None) -> str:
    """Spearman of each system on ``sts``, its natural part and its hard strata, beside STS-B dev where it is given."""
    from course_utils.pretraining.evaluation import read_pairs

    sts = data.load_data("sts")
    hard = sts["stratum"].isin(data.HARD_STRATA)
    parts = {"sts": np.full(len(sts), True), "natural part": ~hard.to_numpy(), "hard strata": hard.to_numpy()}
    public = read_pairs(stsb) if stsb else None
    rows = {}
    for name, vectorise in systems().items():
        scores = pair_scores(vectorise, sts["sentence1"], sts["sentence2"])
        rows[name] = {part: spearman_interval(scores[rows_], sts["score"][rows_]) for part, rows_ in parts.items()}
        if public:
            rows[name]["STS-B dev"] = spearman_interval(pair_scores(vectorise, *public[:2]), public[2])
    table = pd.DataFrame(rows).T.rename_axis("system")
    said = markdown(table)
    if public:
        values = table.map(lambda interval: interval.value)
        ranks = ", ".join(f"{part} {spearman(values[part], values['STS-B dev']):.2f}" for part in parts)
        said += f"\n\nRank correlation of each column with the column STS-B dev over these {len(table)} systems: {ranks}."
    return said


def bag_of_words() -> str:
    """How far counting words alone goes on each task."""
    from sklearn.feature_extraction.text import TfidfVectorizer
    from sklearn.linear_model import LogisticRegression
    from sklearn.pipeline import make_pipeline

    rows = {}
    train, test = data.load_data("reviews", "train"), data.load_data("reviews", "test")
    for label, chance in (("sentiment", 1 / 2), ("topic", 1 / 6)):
        probe = make_pipeline(TfidfVectorizer(sublinear_tf=True), LogisticRegression(max_iter=1000))
        right = probe.fit(train["text"], train[label]).predict(test["text"]) == test[label].to_numpy()
        accuracy = bootstrap(lambda r, right=right: right[r].mean(), len(right))
        rows[f"reviews, {label} (test)"] = {"TF-IDF": f"accuracy {accuracy}", "chance": f"{chance:.2f}"}
    sts = data.load_data("sts")
    scores = pair_scores(tfidf_vectors, sts["sentence1"], sts["sentence2"])
    hard = sts["stratum"].isin(data.HARD_STRATA).to_numpy()
    rows["sts, hard strata"] = {"TF-IDF": f"Spearman {spearman_interval(scores[hard], sts['score'][hard])}", "chance": "0"}
    both = np.flatnonzero(hard | (sts["stratum"] == "para_low").to_numpy())
    same = (~hard[both]).astype(float)
    rows["sts, paraphrase against hard strata"] = {
        "TF-IDF": f"Spearman {spearman_interval(scores[both], same)}",
        "chance": "0",
    }
    passages, questions = data.load_data("passages"), data.load_data("questions")
    vectors = tfidf_vectors([*passages["text"], *questions["question"]], fit_on=list(passages["text"]))
    order = np.argsort(-cosine_matrix(vectors[len(passages) :], vectors[: len(passages)]), axis=1, kind="stable")
    ids = passages["passage_id"].to_numpy()
    for k in (1, 10):
        hits = np.array(
            [bool(set(ids[row[:k]]) & set(answers)) for row, answers in zip(order, questions["answers"], strict=True)]
        )
        found = bootstrap(lambda r, hits=hits: hits[r].mean(), len(hits))
        rows[f"questions, an answer among the first {k}"] = {"TF-IDF": str(found), "chance": f"{k / len(passages):.2f}"}
    return markdown(pd.DataFrame(rows).T.rename_axis("task"))


def siamese(stsb: Path | None) -> str:
    """What training on ``paraphrases`` changes, for both poolings, with the time it took."""
    from course_utils.pretraining.evaluation import read_pairs
    from course_utils.training import train_sentence_encoder

    sts = data.load_data("sts", "test")
    triples, encoder = data.load_data("paraphrases"), load_encoder("mini-bert")
    hard = sts["stratum"].isin(data.HARD_STRATA)
    sets = {
        name: (part["sentence1"], part["sentence2"], part["score"])
        for name, part in (("sts test", sts), ("its natural part", sts[~hard]), ("its hard strata", sts[hard]))
    }
    if stsb:
        sets["STS-B dev"] = read_pairs(stsb)
    rows = {}
    for label, pooling in (("[CLS]", "cls"), ("mean", "mean")):
        trained = train_sentence_encoder(encoder, triples, pooling)
        cells = {}
        for name, (first, second, gold) in sets.items():
            before, after = (
                pair_scores(lambda texts, model=model: embed(texts, model, pooling), first, second)  # noqa: B023
                for model in (encoder, trained.encoder)
            )
            change = format(spearman_difference(after, before, gold), "+.2f")
            cells[f"{name}: change"] = f"{spearman(before, gold):.2f} to {spearman(after, gold):.2f}, {change}"
        rows[label] = {**cells, "training": f"{trained.seconds:.0f} s"}
    return markdown(pd.DataFrame(rows).T.rename_axis("pooling"))


def main(arguments: list[str] | None = None) -> int:
    """Command line."""
    import torch

    parser = argparse.ArgumentParser(prog="python -m course_utils.data_card", description=__doc__)
    parser.add_argument("--stsb", type=Path, help="CSV of STS-B dev (sentence1, sentence2, score) to compare with")
    args = parser.parse_args(arguments)
    torch.set_num_threads(2)
    parts = [
        ("### Sizes", sizes()),
        ("### `sts`: strata, scores, agreement", strata()),
        ("### `reviews`: balance", balance()),
        ("### Does `sts` measure what STS-B measures?", comparison(args.stsb)),
        ("### What counting words gives", bag_of_words()),
        ("### What training on `paraphrases` gives (2 epochs, one seed)", siamese(args.stsb)),
    ]
    measured = "\n\n".join(f"{heading}\n\n{table}" for heading, table in parts)
    card = data.FOLDER / "README.md"
    before, rest = card.read_text(encoding="utf-8").split(BEGIN)
    after = rest.split(END)[1]
    card.write_text(f"{before}{BEGIN}\n\n{measured}\n\n{END}{after}", encoding="utf-8", newline="\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
