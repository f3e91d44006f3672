"""Tasks, figures and replications: against scikit-learn and scipy, and clear about what they are given."""

import json

import numpy as np
import pytest
from scipy.stats import spearmanr
from sklearn.metrics import average_precision_score, v_measure_score

import course_utils as cu
from course_utils import replication, scores, tasks
from course_utils.data import HARD_STRATA


@pytest.fixture(scope="module")
def counted():
    """Outcomes of TF-IDF."""
    return cu.evaluate(cu.tfidf_vectors)


@pytest.fixture
def made_up():
    """Random outcomes of three seeds."""
    rng = np.random.default_rng(0)
    return {
        "sentiment": rng.integers(0, 2, (3, 540)),
        "clusters": rng.integers(0, 6, (3, 540)),
        "sts": rng.uniform(-1, 1, (3, 1580)).round(2),
        "random": rng.uniform(-1, 1, (3, 1000)),
        "search": rng.integers(1, 313, (3, 240)),
    }


@pytest.fixture(scope="module")
def of_test():
    sts = cu.load_data("sts")
    return np.flatnonzero((sts["split"] == "test").to_numpy()), sts


def test_spearman_of_each_part_is_scipys(made_up, of_test):
    rows, sts = of_test
    hard = sts["stratum"].isin(HARD_STRATA).to_numpy()
    for metric, part in (("similarity", rows[~hard[rows]]), ("hard pairs", rows[hard[rows]]), ("all pairs", rows)):
        expected = np.mean([spearmanr(seed[part], sts["score"][part]).statistic for seed in made_up["sts"]])
        assert cu.score(metric, made_up).value == pytest.approx(expected), metric


def test_duplicates_is_scikit_learns_average_precision(made_up, of_test):
    rows, sts = of_test
    expected = [average_precision_score(sts["score"][rows] >= 4, seed[rows]) for seed in made_up["sts"]]
    assert cu.score("duplicates", made_up).value == pytest.approx(np.mean(expected))


def test_clusters_is_scikit_learns_v_measure(made_up):
    topics = cu.load_data("reviews", "test")["topic"]
    expected = [v_measure_score(topics, seed) for seed in made_up["clusters"]]
    interval = cu.score("clusters", made_up)
    assert interval.value == pytest.approx(np.mean(expected))
    assert interval.low < interval.value < interval.high


def test_a_weighted_resample_is_the_metric_on_the_resampled_items(made_up, of_test):
    rows, sts = of_test
    drawn = np.random.default_rng(1).integers(0, len(rows), len(rows))
    counts = np.bincount(drawn, minlength=len(rows)).astype(float)[None]
    cosines, gold = made_up["sts"][0][rows], sts["score"].to_numpy()[rows]
    expected = average_precision_score(gold[drawn] >= 4, cosines[drawn])
    assert scores.average_precision(cosines, counts, gold)[0] == pytest.approx(expected)
    expected = spearmanr(cosines[drawn], gold[drawn]).statistic
    assert scores.rank_correlations(cosines, gold, counts)[0] == pytest.approx(expected)


def test_search_by_a_slow_loop(made_up):
    answers = cu.load_data("questions")["answers"]
    ranks, start, reciprocal, recall = made_up["search"][0], 0, [], []
    for names in answers:
        own = ranks[start : start + len(names)]
        start += len(names)
        reciprocal.append(1 / min(own))
        recall.append(sum(rank <= 10 for rank in own) / len(own))
    one = {"search": ranks}
    assert cu.score("search", one).value == pytest.approx(np.mean(reciprocal))
    assert cu.score("recall@10", one).value == pytest.approx(np.mean(recall))


def test_alignment_and_uniformity_from_cosines_are_those_of_the_vectors(of_test):
    rows, sts = of_test
    rng = np.random.default_rng(0)
    table = {}

    def vectorise(texts):
        return np.stack([table.setdefault(text, rng.normal(size=8)) for text in texts])

    found = cu.evaluate(vectorise, ["sts", "random"])
    alike = rows[(sts["score"] >= 4).to_numpy()[rows]]
    unit = {text: vector / np.linalg.norm(vector) for text, vector in table.items()}
    distances = [
        ((unit[a] - unit[b]) ** 2).sum() for a, b in zip(sts["sentence1"][alike], sts["sentence2"][alike], strict=True)
    ]
    assert cu.score("alignment", found).value == pytest.approx(np.mean(distances))
    texts = [*sts["sentence1"][rows], *sts["sentence2"][rows]]
    first, second = tasks.random_pairs(len(texts), tasks.RANDOM_PAIRS)
    squared = np.array([((unit[texts[a]] - unit[texts[b]]) ** 2).sum() for a, b in zip(first, second, strict=True)])
    assert cu.score("uniformity", found).value == pytest.approx(np.log(np.exp(-2 * squared).mean()))


def test_an_interval_of_accuracies_is_the_plain_bootstraps(made_up):
    one = {"sentiment": made_up["sentiment"][0]}
    plain = cu.bootstrap(lambda rows: one["sentiment"][rows].mean(), 540)
    ours = cu.score("sentiment", one)
    assert (ours.value, ours.low, ours.high) == pytest.approx((plain.value, plain.low, plain.high))


def test_seeds_widen_the_interval():
    rng = np.random.default_rng(0)
    items = rng.integers(0, 2, 540)
    same = {"topic": np.stack([items] * 5)}
    different = {"topic": np.stack([(rng.random(540) < share).astype(int) for share in (0.3, 0.4, 0.5, 0.6, 0.7)])}
    widths = [interval.high - interval.low for interval in (cu.score("topic", same), cu.score("topic", different))]
    assert widths[1] > 1.5 * widths[0]
    assert cu.score("topic", same) == cu.score("topic", {"topic": items})


def test_a_difference_is_paired_and_one_run_stands_against_each_seed(made_up):
    a, b = made_up, {"sentiment": made_up["sentiment"][0]}
    difference = cu.score_difference("sentiment", a, b)
    assert difference.value == pytest.approx(a["sentiment"].mean() - b["sentiment"].mean())
    alone = cu.seed_differences("sentiment", a, b)
    assert [d.value for d in alone] == pytest.approx([row.mean() - b["sentiment"].mean() for row in a["sentiment"]])
    assert (alone[0].low, alone[0].high) == (0, 0)  # the same run: paired


def test_a_verdict_over_seeds_counts_them():
    right = np.zeros((3, 540), int)
    right[:, :400] = 1
    right[2, 200:] = 0
    other = {"topic": (np.arange(540) < 270).astype(int)}
    verdict = cu.judge_scores("better", "topic", {"topic": right}, other)
    assert verdict.seeds == (2, 3)
    assert "alone 2 of 3 seeds" in str(verdict)
    single = cu.judge_scores("better", "topic", {"topic": right[0]}, other)
    assert single.seeds is None
    assert single.outcome == "supported"


def test_word_counts_are_at_chance_where_they_should_be(counted):
    assert {name: values.shape for name, values in counted.items()} == {
        name: (length,) for name, length in scores.LENGTHS.items()
    }
    assert cu.score("hard pairs", counted).low < 0 < cu.score("hard pairs", counted).high
    assert cu.score("topic", counted).low > 1 / 6


def test_a_perfect_search_has_rank_one():
    answers = dict(zip(*cu.load_data("questions")[["question", "answers"]].to_numpy().T, strict=True))
    passages = cu.load_data("passages")
    number = dict(zip(passages["passage_id"], range(len(passages)), strict=True))
    place = dict(zip(passages["text"], range(len(passages)), strict=True))

    def vectorise(texts):
        vectors = np.zeros((len(texts), len(passages)))
        for row, text in enumerate(texts):
            vectors[row, [number[name] for name in answers[text]] if text in answers else place[text]] = 1
        return vectors

    found = cu.evaluate(vectorise, ["search"])
    assert cu.score("search", found).value == 1
    assert cu.score("recall@10", found).value == 1


def test_bad_calls_are_refused(made_up):
    with pytest.raises(ValueError, match="outcomes are some of"):
        cu.evaluate(cu.tfidf_vectors, ["speed"])
    with pytest.raises(ValueError, match="one row a text"):
        cu.evaluate(lambda texts: np.ones((3, 2)), ["search"])
    with pytest.raises(ValueError, match="metric must be one of"):
        cu.score("speed", made_up)
    with pytest.raises(ValueError, match="'topic' is missing"):
        cu.score("topic", made_up)
    with pytest.raises(ValueError, match="expected 540 items"):
        cu.score("topic", {"topic": [1, 0]})


# Replications


def test_the_shipped_runs_are_complete():
    runs = cu.replications()
    assert runs.seeds == replication.SEEDS
    for training in replication.TRAININGS:
        for pooling in replication.POOLINGS:
            for name, values in runs.of(training, pooling).items():
                assert values.shape == (5, scores.LENGTHS[name])
                assert len(np.unique(values, axis=0)) == 5, (training, name)  # no seed stands for another
    with pytest.raises(ValueError, match="There are the trainings"):
        runs.of("sentiment", "max")


def test_altered_results_are_refused(tmp_path, monkeypatch):
    for name in ("replications.csv", "checksums.json"):
        (tmp_path / name).write_bytes((replication.FOLDER / name).read_bytes())
    monkeypatch.setattr(replication, "FOLDER", tmp_path)
    cu.replications()
    path = tmp_path / "replications.csv"
    path.write_bytes(path.read_bytes().replace(b"sentiment,0,1", b"sentiment,0,0", 1))
    with pytest.raises(replication.DamagedResultsError, match="was altered"):
        cu.replications()
    path.unlink()
    with pytest.raises(replication.DamagedResultsError, match="missing"):
        cu.replications()


def test_what_is_written_is_what_is_read(tmp_path, monkeypatch):
    rng = np.random.default_rng(0)
    outcomes = {name: rng.integers(1, 6, length) for name, length in scores.LENGTHS.items()}
    outcomes |= {name: rng.uniform(-1, 1, scores.LENGTHS[name]) for name in replication.COSINES}
    done = []
    monkeypatch.setattr(replication, "train", lambda training, seed: done.append((training, seed)))
    monkeypatch.setattr(replication, "evaluate_both", lambda encoder: {"cls": outcomes, "mean": outcomes})
    replication.write(seeds=(0, 1), folder=tmp_path)
    assert len(done) == 2 * len(replication.TRAININGS)
    monkeypatch.setattr(replication, "FOLDER", tmp_path)
    found = cu.replications().of("siamese cls", "mean")
    for name, values in outcomes.items():
        np.testing.assert_allclose(found[name], np.stack([values] * 2), atol=1e-5)
    assert "replicate" in (tmp_path / "README.md").read_text(encoding="utf-8")
    assert sorted(path.name for path in tmp_path.iterdir()) == ["README.md", "checksums.json", "replications.csv"]


def test_an_interrupted_replication_goes_on(tmp_path, monkeypatch):
    outcomes = {name: np.ones(length) for name, length in scores.LENGTHS.items()}

    def broken(training, seed):
        done.append(training)
        if len(done) == 3:
            raise KeyboardInterrupt

    done = []
    monkeypatch.setattr(replication, "train", broken)
    monkeypatch.setattr(replication, "evaluate_both", lambda encoder: {"cls": outcomes, "mean": outcomes})
    monkeypatch.setattr(replication, "_card", lambda folder, seconds: None)
    with pytest.raises(KeyboardInterrupt):
        replication.write(seeds=(0,), folder=tmp_path)
    replication.write(seeds=(0,), folder=tmp_path)
    assert done == [*replication.TRAININGS[:3], *replication.TRAININGS[2:]]


def test_half_a_part_of_a_replication_is_not_taken_for_done(tmp_path, monkeypatch):
    def half(file, **values):
        file.write(b"half")
        raise OSError("no space")

    monkeypatch.setattr(replication, "train", lambda training, seed: None)
    monkeypatch.setattr(replication, "evaluate_both", lambda encoder: {})
    monkeypatch.setattr(replication.np, "savez", half)
    with pytest.raises(OSError, match="no space"):
        replication.write(seeds=(0,), folder=tmp_path)
    assert not list((tmp_path / "parts").iterdir())


def test_trainings_start_from_what_they_say(monkeypatch):
    seen = {}

    def tune(encoder, texts, labels, seed):
        seen["labels"], seen["encoder"] = np.asarray(labels), encoder.name
        return type("Training", (), {"encoder": encoder})

    monkeypatch.setattr("course_utils.training.fine_tune_classifier", tune)
    reviews = cu.load_data("reviews", "train")
    for training, column in (("sentiment", "sentiment"), ("topic", "topic"), ("untrained", "sentiment")):
        replication.train(training, 0)
        assert (seen["labels"] == reviews[column]).all()
        assert seen["encoder"] == ("untrained" if training == "untrained" else "mini-bert")
    replication.train("shuffled", 0)
    agreement = (seen["labels"] == reviews["sentiment"]).mean()
    assert 0.4 < agreement < 0.6
    assert sorted(seen["labels"]) == sorted(reviews["sentiment"])
    with pytest.raises(ValueError, match="training must be one of"):
        replication.train("nsp", 0)


def test_checksums_name_the_shipped_files():
    listing = json.loads((replication.FOLDER / "checksums.json").read_text(encoding="utf-8"))
    assert sorted(listing) == sorted(path.name for path in replication.FOLDER.glob("*.csv"))
