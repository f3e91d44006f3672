"""Notebook 03: probes, neighbours and shares of a cosine, against scikit-learn and by hand."""

import numpy as np
import pytest
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import log_loss
from sklearn.neighbors import KNeighborsClassifier
from sklearn.preprocessing import StandardScaler
from taught import taught

import course_utils as cu
from course_utils import probing

SPLIT = np.array(["train"] * 90 + ["dev"] * 45 + ["test"] * 60)
TRAIN, DEV, TEST = (part == SPLIT for part in ("train", "dev", "test"))


@pytest.fixture(scope="module")
def task():
    """Vectors with three classes in the first dimensions, a large offset, and scales that differ by dimension."""
    rng = np.random.default_rng(3)
    labels = rng.integers(0, 3, len(SPLIT))
    vectors = rng.normal(size=(len(SPLIT), 8))
    vectors[:, :3] += 1.2 * np.eye(3)[labels]
    return vectors * [1, 1, 1, 5, 5, 0.1, 0.1, 1] + [0, 0, 0, 0, 40, 0, 0, 3], np.array(["ash", "fir", "oak"])[labels]


def test_the_probe_is_scikit_learns_and_its_strength_is_chosen_on_dev(task):
    vectors, labels = task
    scaler = StandardScaler().fit(vectors[TRAIN])
    losses, rights = [], []
    for strength in probing.STRENGTHS:
        model = LogisticRegression(C=strength, tol=1e-7, max_iter=5000).fit(scaler.transform(vectors[TRAIN]), labels[TRAIN])
        losses.append(log_loss(labels[DEV], model.predict_proba(scaler.transform(vectors[DEV])), labels=model.classes_))
        rights.append(model.predict(scaler.transform(vectors[TEST])) == labels[TEST])
    best = int(np.argmin(losses))
    assert len({int(right.sum()) for right in rights}) > 1
    read = cu.probe(vectors, labels, SPLIT)
    assert read.setting == probing.STRENGTHS[best]
    np.testing.assert_array_equal(read.right, rights[best])
    assert read.accuracy.value == pytest.approx(rights[best].mean())


def test_the_test_texts_decide_nothing_but_their_own_score(task):
    vectors, labels = task
    moved = vectors.copy()
    moved[TEST] = 100 * moved[TEST] + 7
    before, after = cu.probe(vectors, labels, SPLIT), cu.probe(moved, labels, SPLIT)
    assert (before.setting, before.train_accuracy) == (after.setting, after.train_accuracy)


def test_the_probe_does_not_mind_scale_and_offset_but_cosine_does(task):
    vectors, labels = task
    changed = vectors * [1, 9, 1, 1, 0.2, 1, 1, 1] + 3
    np.testing.assert_array_equal(cu.probe(vectors, labels, SPLIT).right, cu.probe(changed, labels, SPLIT).right)
    votes = [cu.neighbour_vote(v, labels, SPLIT, (15,)).right for v in (vectors, changed)]
    assert (votes[0] != votes[1]).any()


def test_random_labels_are_fitted_in_training_and_at_chance_beyond():
    rng = np.random.default_rng(0)
    split = np.array(["train"] * 60 + ["test"] * 600)
    read = cu.probe(rng.normal(size=(660, 80)), rng.integers(0, 2, 660), split, [1.0])
    assert read.train_accuracy == 1.0
    assert read.accuracy.low < 0.5 < read.accuracy.high


def test_neighbours_vote_as_scikit_learns(task):
    vectors, labels = task
    for k in (1, 7):
        theirs = KNeighborsClassifier(k, metric="cosine").fit(vectors[TRAIN], labels[TRAIN])
        counts = np.sort(theirs.predict_proba(vectors[TEST]), axis=1)
        clear = counts[:, -1] > counts[:, -2] + 1e-9  # ties are broken otherwise there
        assert clear.sum() > 40
        ours = cu.neighbour_vote(vectors, labels, SPLIT, (k,))
        expected = theirs.predict(vectors[TEST]) == labels[TEST]
        np.testing.assert_array_equal(ours.right[clear], expected[clear])
        assert ours.setting == k


def test_a_tied_vote_goes_to_the_nearer_neighbours():
    vectors = [[1.0, 0.5], [1.0, 0.1], [1.0, 0.0]]
    assert cu.neighbour_vote(vectors, ["far", "near", "near"], ["train", "train", "test"], (2,)).right.tolist() == [True]
    assert cu.neighbour_vote(vectors, ["a", "z", "z"], ["train", "train", "test"], (2,)).right.tolist() == [True]


def test_the_number_of_neighbours_is_chosen_on_dev():
    rng = np.random.default_rng(1)
    labels = rng.integers(0, 2, len(SPLIT))
    vectors = np.column_stack([np.where(labels, 1.0, 0.0), np.where(labels, 0.0, 1.0)]) + 0.05 * rng.random((len(SPLIT), 2))
    flipped = np.where(TRAIN & (rng.random(len(SPLIT)) < 0.3), 1 - labels, labels)  # a third of the training labels is wrong
    assert cu.neighbour_vote(vectors, flipped, SPLIT, (1, 25)).setting == 25


def test_majority_takes_the_label_from_training():
    read = cu.majority(list("aaabbbbbb"), ["train"] * 3 + ["dev"] + ["train"] + ["test"] * 4)
    assert read.right.tolist() == [False] * 4
    assert read.train_accuracy == pytest.approx(3 / 4)


def test_the_difference_of_two_readings_is_paired():
    right = np.random.default_rng(0).random(400) < 0.6
    same = probing.Reading(right) - probing.Reading(right)
    assert (same.value, same.low, same.high) == (0, 0, 0)
    better = probing.Reading(np.ones(400, bool)) - probing.Reading(right)
    assert better.value == pytest.approx(1 - right.mean())
    assert better.low < better.value < better.high
    with pytest.raises(ValueError, match="same texts: 400 and 3"):
        probing.Reading(right) - probing.Reading(np.ones(3, bool))


@pytest.mark.parametrize(
    ("vectors", "labels", "split", "said"),
    [
        (np.ones((3, 2)), ["a", "b"], ["train", "dev", "test"], "one label"),
        (np.ones(3), ["a"] * 3, ["train", "dev", "test"], "vectors of shape"),
        (np.ones((3, 2)), ["a"] * 3, ["train", "dev", "dev"], "no test texts"),
        (np.ones((3, 2)), ["a"] * 3, ["train", "test", "test"], "no dev texts"),
        (np.ones((4, 2)), ["a", "b", "a", "z"], ["train", "train", "dev", "test"], "label 'z'"),
    ],
)
def test_what_cannot_be_read_is_refused(vectors, labels, split, said):
    for read in (cu.probe, cu.neighbour_vote):
        with pytest.raises(ValueError, match=said):
            read(vectors, labels, split)


def test_more_voters_than_training_texts_are_refused():
    with pytest.raises(ValueError, match="There are 2 training texts"):
        cu.neighbour_vote(np.eye(3), list("aba"), ["train", "train", "test"], (5,))


def test_shares_add_up_to_the_mean_cosine_of_the_same_random_pairs():
    vectors = np.random.default_rng(0).normal(size=(50, 6)) + np.array([9, 0, 0, -4, 0, 0])
    shares, cosines = cu.dimension_shares(vectors), cu.random_pair_cosines(vectors)
    assert shares.sum() == pytest.approx(1)
    assert np.argsort(-shares)[:2].tolist() == [0, 3]
    without = vectors / np.linalg.norm(vectors, axis=1, keepdims=True)
    rng = np.random.default_rng(0)
    first = rng.integers(0, 50, 2000)
    second = (first + rng.integers(1, 50, 2000)) % 50
    assert shares[0] == pytest.approx((without[first, 0] * without[second, 0]).mean() / cosines.mean())
    with pytest.raises(ValueError, match="two vectors"):
        cu.dimension_shares(vectors[:1])
    with pytest.raises(ValueError, match="nothing to share"):
        cu.dimension_shares(np.eye(3))


def test_partner_rank_equals_sorting():
    vectors = np.random.default_rng(2).normal(size=(20, 4))
    for row in (0, 4, 9):
        order = [near for near, _ in cu.nearest(row, vectors, k=19)]
        assert cu.partner_rank(vectors, [row]).tolist() == [order.index(row + 10) + 1]


def test_what_the_notebook_shows_is_what_the_course_uses(task):
    vectors, labels = task
    shown = taught("03", "fit_probe")(vectors[TRAIN], labels[TRAIN], 0.1)
    np.testing.assert_allclose(
        shown.predict_proba(vectors[TEST]), cu.fit_probe(vectors[TRAIN], labels[TRAIN], 0.1).predict_proba(vectors[TEST])
    )
    rank = taught("03", "partner_rank", np=np, cu=cu)
    np.testing.assert_array_equal(rank(vectors[:90], np.arange(45)), cu.partner_rank(vectors[:90], np.arange(45)))


def test_a_control_label_on_new_texts_is_at_chance_for_any_vector():
    """What notebook 03 says of its control task: nothing learnt about training texts helps with others."""
    reviews = cu.load_data("probes")
    vectors = cu.tfidf_vectors(reviews["text"], fit_on=reviews["text"][reviews["split"] == "train"])
    read = cu.probe(vectors, reviews["control_sentiment"], reviews["split"], [0.001])
    assert read.train_accuracy > 0.9
    assert read.accuracy.low < 0.5 < read.accuracy.high
    assert reviews["text"].is_unique
