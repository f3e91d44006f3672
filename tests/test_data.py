"""The data sets: their schema, sizes and balance, no leaks and no duplicates, and clear errors."""

import io
import re
import shutil
import sys
from collections import Counter
from itertools import combinations

import hub
import numpy as np
import pandas as pd
import pytest
from scipy.stats import chi2_contingency

import course_utils as cu
from course_utils import data


def words(text):
    return re.findall(r"[a-z0-9']+", text.lower())


def jaccard(a, b):
    a, b = set(words(a)), set(words(b))
    return len(a & b) / len(a | b)


@pytest.fixture(scope="module")
def sets():
    return {name: cu.load_data(name) for name in data.NAMES}


def texts_of(frame):
    return [text for column in ("sentence1", "sentence2", "anchor", "positive", "negative", "text", "question")
            if column in frame for text in frame[column]]  # fmt: skip


def test_sizes(sets):
    assert len(sets["sts"]) >= 1000
    assert len(sets["reviews"]) >= 1200
    assert len(sets["paraphrases"]) >= 3000
    assert sets["paraphrases"]["situation"].nunique() >= 1000
    assert len(sets["passages"]) >= 300
    assert sets["passages"]["subject"].nunique() >= 20
    assert len(sets["questions"]) >= 150


@pytest.mark.parametrize("name", ["sts", "reviews", "paraphrases", "passages", "questions"])
def test_no_text_stands_twice(sets, name):
    counts = Counter(" ".join(words(text)) for text in texts_of(sets[name]))
    assert [text for text, n in counts.items() if n > 1] == []


def test_texts_are_plain_and_of_reasonable_length(sets):
    for name in ("sts", "paraphrases"):
        for text in texts_of(sets[name]):
            assert 4 <= len(words(text)) <= 26, text
            assert text == " ".join(text.split())
            assert text.isascii(), text


def test_no_phrase_dominates(sets):
    """No run of four words stands in more than 1% of the first texts of a set: nothing was made from one template."""
    for name, column in (("sts", "sentence1"), ("paraphrases", "anchor"), ("reviews", "text"), ("passages", "text")):
        grams = Counter()
        for text in sets[name][column]:
            tokens = words(text)
            grams.update({tuple(tokens[i : i + 4]) for i in range(len(tokens) - 3)})
        gram, count = grams.most_common(1)[0]
        assert count <= 0.01 * len(sets[name]) + 2, (name, gram, count)


def test_sts_strata_scores_and_splits(sets):
    sts = sets["sts"]
    assert sts["stratum"].value_counts().min() >= 120
    assert set(sts["stratum"]) == set(data.STRATA)
    far = (sts["score_a"] - sts["score_b"]).abs() > 1.5  # read by a third scorer: the median of the three counts
    np.testing.assert_allclose(sts["score"][~far], ((sts["score_a"] + sts["score_b"]) / 2)[~far])
    assert (
        sts["score"][far]
        .between(sts[["score_a", "score_b"]].min(axis=1)[far], sts[["score_a", "score_b"]].max(axis=1)[far])
        .all()
    )
    bins = np.histogram(sts["score"], bins=[-0.1, 0.75, 1.75, 2.75, 3.75, 4.5, 5.1])[0]
    assert bins.min() >= 0.05 * len(sts)
    assert (sts["split"] == "test").mean() == pytest.approx(0.8, abs=0.01)
    shares = pd.crosstab(sts["stratum"], sts["split"], normalize="index")["test"]
    assert shares.between(0.75, 0.85).all()


def test_hard_strata_share_words_but_not_meaning(sets):
    sts = sets["sts"]
    overlap = pd.Series([jaccard(a, b) for a, b in zip(sts["sentence1"], sts["sentence2"], strict=True)])
    medians = overlap.groupby(sts["stratum"]).median()
    assert medians[list(data.HARD_STRATA)].min() > 0.5 > medians["para_low"]
    scores = sts.groupby("stratum")["score"].mean()
    assert scores["para_low"] > scores[list(data.HARD_STRATA)].max()


def test_the_two_scorers_agree(sets):
    sts = sets["sts"]
    assert cu.spearman(sts["score_a"], sts["score_b"]) > 0.8
    assert (sts["score_a"] - sts["score_b"]).abs().mean() < 0.6


def test_review_labels_are_crossed_and_independent(sets):
    reviews = sets["reviews"]
    table = pd.crosstab(reviews["sentiment"], reviews["topic"])
    assert table.to_numpy().min() == table.to_numpy().max()
    assert chi2_contingency(table).pvalue > 0.9
    for _, part in reviews.groupby("split"):
        counts = pd.crosstab(part["sentiment"], part["topic"]).to_numpy()
        assert counts.max() - counts.min() <= 1
    assert (reviews["device"] != "plain").mean() >= 0.2
    shares = reviews["split"].value_counts(normalize=True)
    assert shares.round(2).to_dict() == {"train": 0.6, "test": 0.25, "dev": 0.15}


def test_paraphrases_share_nothing_with_sts(sets):
    """No sentence in common, and no token Jaccard over 0.7 between a sentence of the one and one of the other."""
    ours = [(text, frozenset(words(text))) for text in set(texts_of(sets["sts"]))]
    index = {}
    for i, (_, tokens) in enumerate(ours):
        for token in tokens:
            index.setdefault(token, []).append(i)
    close = []
    for text in texts_of(sets["paraphrases"]):
        tokens = frozenset(words(text))
        shared = Counter(i for token in tokens for i in index.get(token, ()))
        for i, n in shared.items():
            if n / (len(tokens) + len(ours[i][1]) - n) > 0.7:
                close.append((text, ours[i][0]))
    assert close == []


def test_hard_negatives_are_hard(sets):
    triples = sets["paraphrases"]
    positive = [jaccard(a, b) for a, b in zip(triples["anchor"], triples["positive"], strict=True)]
    negative = [jaccard(a, b) for a, b in zip(triples["anchor"], triples["negative"], strict=True)]
    assert np.median(positive) < 0.3 < 0.5 < np.median(negative)
    assert (np.array(negative) > np.array(positive)).mean() > 0.95


def test_every_question_has_answers_that_exist(sets):
    passages = sets["passages"].set_index("passage_id")
    for question in sets["questions"].itertuples():
        assert question.answers
        assert set(question.answers) <= set(passages.index)
    assert (sets["questions"]["answers"].map(len) > 1).sum() >= 30


def test_probes_have_a_control_for_each_label(sets):
    probes = sets["probes"]
    for label, classes in (("sentiment", 2), ("topic", 6)):
        control = probes[f"control_{label}"]
        assert set(control) == set(range(classes))
        assert control.value_counts(normalize=True).max() < 1.25 / classes
        assert chi2_contingency(pd.crosstab(control, probes[label])).pvalue > 0.001
    lengths = probes["text"].str.split().str.len().groupby(probes["length_bin"]).mean()
    assert lengths.is_monotonic_increasing
    assert probes["length_bin"].value_counts().nunique() == 1
    assert data.control_labels(["x"], 6, seed=1) == data.control_labels(["x"], 6, seed=1)


def test_splits_are_disjoint_and_together_the_whole(sets):
    for name in ("sts", "reviews"):
        parts = [cu.load_data(name, split=split) for split in data.SCHEMAS[name].splits]
        assert sum(map(len, parts)) == len(sets[name])
        for one, other in combinations(parts, 2):
            assert not set(texts_of(one)) & set(texts_of(other))


# Bad calls and damaged files


@pytest.mark.parametrize(
    ("call", "said"),
    [(("stsb",), "There are sts, reviews"), (("sts", "train"), "Its splits are dev, test"),
     (("passages", "dev"), "has no splits"), (("sts", None, "web"), "source must be"),
     (("passages", None, "hub"), "no public counterpart")],
)  # fmt: skip
def test_bad_calls_say_what_there_is(call, said):
    with pytest.raises(ValueError, match=said):
        cu.load_data(*call)


@pytest.fixture
def copied(tmp_path, monkeypatch):
    folder = shutil.copytree(data.FOLDER, tmp_path / "data")
    monkeypatch.setattr(data, "FOLDER", folder)
    return folder


def test_an_altered_file_is_refused(copied):
    path = copied / "sts.csv"
    path.write_bytes(path.read_bytes().replace(b"negation", b"negated ", 1))
    with pytest.raises(data.DamagedDataError, match=r"sts\.csv was altered.*git checkout"):
        cu.load_data("sts")
    path.unlink()
    with pytest.raises(data.DamagedDataError, match="is missing"):
        cu.load_data("sts")
    (copied / "checksums.json").write_text("{}", encoding="utf-8")
    with pytest.raises(data.DamagedDataError, match="does not list"):
        cu.load_data("reviews")


@pytest.mark.parametrize(
    ("change", "said"),
    [(lambda f: f.drop(columns="stratum"), "missing column"),
     (lambda f: f.assign(score=9.0), "score must be a number from 0 to 5"),
     (lambda f: f.assign(split="train"), "split holds 'train'"), (lambda f: f.assign(pair_id="same"), "repeats"),
     (lambda f: f.assign(sentence2=" "), "sentence2 is empty"), (lambda f: f.assign(score_a="high"), "score_a must be")],
)  # fmt: skip
def test_a_file_that_does_not_fit_its_schema_is_refused(sets, change, said):
    with pytest.raises(ValueError, match=said):
        data.validate("sts", change(sets["sts"]))


# Public counterparts


def parquet_snapshot(folder, name, parts):
    target = folder / data.PUBLIC[name].folder
    target.mkdir(parents=True)
    for split, rows in parts.items():
        pd.DataFrame(rows).to_parquet(target / f"{split}-00000-of-00001.parquet")
    return folder


@pytest.mark.parametrize(
    ("name", "parts", "split", "expected"),
    [
        (
            "sts",
            {"validation": {"sentence1": ["a"], "sentence2": ["b"], "score": [0.5]}},
            "dev",
            {"sentence1": "a", "score": 2.5},
        ),
        (
            "reviews",
            {"train": {"idx": [0], "sentence": ["fine"], "label": [1]}},
            "train",
            {"text": "fine", "sentiment": "positive"},
        ),
        ("paraphrases", {"dev": {"anchor": ["a"], "positive": ["b"], "negative": ["c"]}}, "dev", {"negative": "c"}),
    ],
)
def test_public_sets_come_with_our_columns(monkeypatch, tmp_path, name, parts, split, expected):
    snapshot = parquet_snapshot(tmp_path, name, parts)
    monkeypatch.setattr(data, "public_files", lambda name: snapshot)
    frame = cu.load_data(name, split=split, source="hub")
    assert set(data.SCHEMAS[name].columns) <= set(frame.columns)
    assert {key: frame[key][0] for key in expected} == expected
    assert frame["split"].tolist() == [split]


def test_loading_a_public_set_tells_no_server(monkeypatch, tmp_path):
    import datasets

    asked = []
    monkeypatch.setattr(data, "public_files", lambda name: snapshot)
    monkeypatch.setattr(datasets.config, "HF_HUB_OFFLINE", False)
    monkeypatch.setattr(datasets.config, "HF_UPDATE_DOWNLOAD_COUNTS", True)
    monkeypatch.setattr(datasets.load, "get_session", lambda: asked.append("a count"))
    snapshot = parquet_snapshot(tmp_path, "reviews", {"train": {"idx": [0], "sentence": ["good"], "label": [1]}})
    cu.load_data("reviews", split="train", source="hub")
    assert asked == []


def test_without_network_one_error_says_size_command_and_alternative(monkeypatch, tmp_path):
    monkeypatch.setenv("HF_HUB_OFFLINE", "1")
    for name, public in data.PUBLIC.items():
        with pytest.raises(ConnectionError) as caught:
            cu.load_data(name, source="hub")
        said = str(caught.value)
        assert public.repository in said
        assert f"{public.megabytes} MB" in said
        assert "python -m course_utils prefetch" in said
        assert f'load_data("{name}")' in said


def parquet_bytes(rows):
    buffer = io.BytesIO()
    pd.DataFrame(rows).to_parquet(buffer)
    return buffer.getvalue()


def test_public_sets_through_the_real_client_and_then_without_a_network(tmp_path):
    """Fetched once from a server that speaks the hub's API, at the pinned revision; afterwards no request is made."""
    public = data.PUBLIC["sts"]
    rows = {"sentence1": ["a man sings"], "sentence2": ["a man is singing"], "score": [0.96]}
    files = {"data/validation-00000-of-00001.parquet": parquet_bytes(rows), "README.md": b"not wanted"}
    load = "import course_utils as cu; print(cu.load_data('sts', 'dev', 'hub')['score'].tolist())"
    repository = hub.Repository(files, public.revision, "dataset")
    with hub.serve({public.repository: repository}) as endpoint:
        first = hub.in_a_fresh_process(load, tmp_path, HF_ENDPOINT=endpoint)
        assert first.stdout.strip() == "[4.8]", first.stderr
        assert not any("README" in request for request in repository.asked)
        repository.asked.clear()
        again = hub.in_a_fresh_process(load, tmp_path, HF_ENDPOINT=endpoint)
        assert again.stdout.strip() == "[4.8]", again.stderr
        assert repository.asked == []


def test_prefetch_says_what_is_wrong_when_the_hub_is_down(tmp_path):
    prefetch = [sys.executable, "-m", "course_utils", "prefetch", "sts"]
    public = data.PUBLIC["sts"]
    with hub.serve({public.repository: hub.Repository({}, public.revision, "dataset", fault="down")}) as endpoint:
        down = hub.in_a_fresh_process(prefetch, tmp_path, HF_ENDPOINT=endpoint)
    assert down.returncode == 1
    assert "answers 503" in down.stderr
    assert "HF_ENDPOINT" in down.stderr
    assert hub.in_a_fresh_process([*prefetch[:-1], "passages"], tmp_path).returncode == 2


def test_the_readme_gives_the_sizes_that_are_there(sets):
    readme = " ".join((data.FOLDER.parent.parent / "README.md").read_text(encoding="utf-8").split())
    for name, words_ in (
        ("sts", "sentence pairs"),
        ("reviews", "reviews"),
        ("paraphrases", "triples"),
        ("passages", "passages"),
    ):
        assert f"{len(sets[name]):,} {words_}" in readme, name


def test_the_card_holds_what_was_measured(sets):
    card = (data.FOLDER / "README.md").read_text(encoding="utf-8")
    assert f"| sts | {len(sets['sts'])} |" in card
    assert "mini-bert first-last mean" in card
    assert "STS-B dev: change" in card
    assert "language models" in card
