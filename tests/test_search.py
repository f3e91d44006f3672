"""Search, duplicates, a user's own texts, and large collections."""

import copy
import errno
import json
import shutil
from pathlib import Path

import numpy as np
import pytest

import course_utils as cu
from course_utils import large
from course_utils.writing import CannotWriteError

TEXTS = ["The ferry leaves at dawn.", "Soup.", "Who moved the ladder, and why did nobody say so?", "At dawn a ferry departs."]


@pytest.fixture(scope="module")
def index(encoder):
    return cu.SearchIndex.build(TEXTS, encoder, "mean")


@pytest.fixture
def vectors():
    rng = np.random.default_rng(0)
    centres = rng.normal(size=(30, 16))
    made = np.repeat(centres, 20, 0) + 0.4 * rng.normal(size=(600, 16))
    return (made / np.linalg.norm(made, axis=1, keepdims=True)).astype(np.float32)


# Rankings ---------------------------------------------------------------------------------------------------------------


def test_reciprocal_rank_and_recall_are_scikit_learns():
    from sklearn.metrics import label_ranking_average_precision_score, top_k_accuracy_score

    rng = np.random.default_rng(0)
    scores, right = rng.normal(size=(50, 12)), rng.integers(0, 12, 50)
    found = [np.argsort(-row).tolist() for row in scores]
    mrr = np.mean([cu.reciprocal_rank(row, {answer}) for row, answer in zip(found, right, strict=True)])
    assert mrr == pytest.approx(label_ranking_average_precision_score(np.eye(12)[right], scores))
    for k in (1, 5):
        ours = np.mean([cu.recall_at(row, {answer}, k) for row, answer in zip(found, right, strict=True)])
        assert ours == pytest.approx(top_k_accuracy_score(right, scores, k=k, labels=range(12)))


def test_several_right_passages_and_none():
    assert cu.reciprocal_rank(["a", "b", "c", "d"], {"d", "b"}) == 0.5
    assert cu.reciprocal_rank(["a"], {"x"}) == 0.0
    assert cu.recall_at(["a", "b", "c", "d"], {"d", "b"}, 2) == 0.5
    for right, k in ((set(), 3), ({"a"}, 0)):
        with pytest.raises(ValueError, match="at least one right passage"):
            cu.recall_at(["a"], right, k)


def test_fusing_adds_reciprocals_of_places():
    assert cu.fuse_rankings([["a", "b", "c"]]) == ["a", "b", "c"]
    assert cu.fuse_rankings([["a", "b", "c"], ["d", "b", "a"]], k=1) == ["a", "b", "d", "c"]  # 3/4, 2/3, 1/2, 1/4
    assert cu.fuse_rankings([]) == []


# Exact and approximate search -------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("k", "block"), [(1, 100), (7, 64), (10, 7), (600, 250), (700, 10_000)])
def test_exact_search_is_scikit_learns(vectors, k, block):
    from sklearn.neighbors import NearestNeighbors

    queries = 3 * vectors[::50] + 0.05
    theirs = NearestNeighbors(n_neighbors=min(k, 600), metric="cosine", algorithm="brute").fit(vectors)
    distances, rows = theirs.kneighbors(queries)
    found, cosines = cu.exact_search(queries, vectors, k, block=block)
    np.testing.assert_array_equal(found, rows)
    np.testing.assert_allclose(cosines, 1 - distances, atol=1e-5)


def test_equal_vectors_come_in_the_order_of_their_rows():
    rows, _ = cu.exact_search([[1.0, 0.0]], np.tile([[1.0, 0.0]], (9, 1)), k=4, block=2)
    assert rows.tolist() == [[0, 1, 2, 3]]


@pytest.mark.parametrize("precision", [np.float32, np.float16])
def test_an_approximate_index_finds_most_and_is_the_same_each_time(vectors, precision):
    stored, queries = vectors.astype(precision), vectors[::7] + 0.02
    exact, _ = cu.exact_search(queries, vectors, 10)
    first = cu.approximate_search(cu.approximate_index(stored), queries, 10)
    again = cu.approximate_search(cu.approximate_index(stored), queries, 10)
    assert cu.shared_at(first, exact) > 0.95
    np.testing.assert_array_equal(first, again)
    assert cu.approximate_search(cu.approximate_index(stored[:3]), queries[:2], 10).shape == (2, 3)


def test_a_weaker_graph_finds_less(vectors):
    rng = np.random.default_rng(1)
    many = rng.normal(size=(3000, 64)).astype(np.float32)
    exact, _ = cu.exact_search(many[:50] + 0.5, many, 10)
    weak, strong = (
        cu.shared_at(cu.approximate_search(cu.approximate_index(many, *setting), many[:50] + 0.5, 10), exact)
        for setting in ((2, 4), (32, 256))
    )
    assert weak < strong


def test_shared_at_counts_common_rows():
    assert cu.shared_at([[1, 2, 3]], [[3, 1, 9]]) == pytest.approx(2 / 3)
    with pytest.raises(ValueError, match="same shape"):
        cu.shared_at([[1, 2]], [[1, 2, 3]])


@pytest.mark.parametrize(
    ("call", "said"),
    [
        (lambda: cu.exact_search([[1.0, 0.0]], [[1.0, 0.0]], k=0), "k must be"),
        (lambda: cu.exact_search([[1.0, 0.0]], np.zeros((0, 2)), k=1), "n from 1"),
        (lambda: cu.exact_search([[1.0, 0.0]], [[1.0, 0.0, 0.0]], k=1), r"got \(1, 2\) and \(1, 3\)"),
        (lambda: cu.approximate_index([1.0, 2.0]), "vectors"),
        (lambda: cu.approximate_search(cu.approximate_index([[1.0, 0.0]]), [[1.0, 0.0]], 0), "k must be"),
        (lambda: cu.padding_share([], 8), "at least one text"),
        (lambda: cu.combined_texts(10**9), "texts can be made"),
        (lambda: cu.extrapolate([], [], 10), "at least one measured"),
    ],
)
def test_bad_calls_are_refused(call, said):
    with pytest.raises(ValueError, match=said):
        call()


# Large collections ------------------------------------------------------------------------------------------------------


def test_padding_share_is_what_the_tokenizer_pads(encoder):
    texts = [*cu.load_data("passages")["text"][:20], *cu.load_data("questions")["question"][:27]]
    rows = encoder.tokenizer(texts)["input_ids"]
    masks = [encoder.tokenizer(texts[i : i + 8], padding=True)["attention_mask"] for i in range(0, len(texts), 8)]
    padded = sum(row.count(0) for mask in masks for row in mask) / sum(len(row) for mask in masks for row in mask)
    assert cu.padding_share([len(row) for row in rows], 8) == pytest.approx(padded)
    assert cu.padding_share([len(row) for row in rows], 8, by_length=True) < padded


@pytest.mark.parametrize("chunk", [1, 3, 2048])
def test_a_collection_is_embedded_as_texts_are(encoder, chunk):
    plain = cu.embed(TEXTS, encoder, "mean")
    expected = plain / np.linalg.norm(plain, axis=1, keepdims=True)
    found = cu.embed_collection(TEXTS, encoder, "mean", "float32", chunk=chunk)
    np.testing.assert_allclose(found, expected, atol=1e-5)
    half = cu.embed_collection(TEXTS, encoder, "mean", chunk=chunk)
    assert half.dtype == np.float16
    assert half.nbytes * 2 == found.nbytes
    np.testing.assert_allclose(half, expected, atol=1e-3)


def test_a_sentence_encoder_pools_as_it_was_trained(encoder):
    tuned = copy.copy(encoder)
    tuned.pooling = "cls"
    np.testing.assert_array_equal(
        cu.embed_collection(TEXTS, tuned, precision="float32"), cu.embed_collection(TEXTS, encoder, "cls", "float32")
    )
    with pytest.raises(ValueError, match="say which"):
        cu.embed_collection(TEXTS, encoder)


@pytest.mark.parametrize(("options", "said"), [({"precision": "int8"}, "float16 or float32"), ({"chunk": 0}, "chunk must be")])
def test_bad_settings_of_a_collection_are_refused(encoder, options, said):
    with pytest.raises(ValueError, match=said):
        cu.embed_collection(TEXTS, encoder, "mean", **options)


def test_two_processes_give_the_vectors_of_one(encoder):
    together = cu.embed_on_devices(TEXTS, encoder, "mean", devices=["cpu", "cpu"], batch_size=2)
    np.testing.assert_allclose(together, cu.embed_collection(TEXTS, encoder, "mean", "float32"), atol=1e-4)


def test_several_devices_means_several_that_are_here(encoder):
    with pytest.raises(ValueError, match="Several devices are needed, got 1"):
        cu.embed_on_devices(TEXTS, encoder, "mean", devices=["cpu"])
    with pytest.raises(ValueError, match="No device"):
        cu.embed_on_devices(TEXTS, encoder, "mean", devices=["cpu", "cuda:77"])


def test_combined_texts_are_different_and_the_same_each_time():
    texts = cu.combined_texts(500)
    assert len(set(texts)) == 500
    assert texts == cu.combined_texts(500)
    assert {len(text.split()) for text in texts} == {6}


def test_timing_embeds_each_text_once_and_in_order(encoder, monkeypatch):
    asked = []
    embed = large.embed_collection
    monkeypatch.setattr(large, "embed_collection", lambda texts, *rest: asked.extend(texts) or embed(texts, *rest))
    texts = cu.combined_texts(24)
    queries = embed(TEXTS, encoder, "mean", "float32")
    found, times = cu.timed_collection(texts, encoder, "mean", queries, [6, 12, 24], k=3)
    assert asked == texts
    np.testing.assert_allclose(found, embed(texts, encoder, "mean", "float32"), atol=1e-4)
    assert times["size"].tolist() == [6, 12, 24]
    assert times["embedding"].is_monotonic_increasing
    assert (times > 0).all().all()
    for sizes in ([], [6, 6, 24], [12, 6, 24], [6, 12], [0, 24]):
        with pytest.raises(ValueError, match="rise"):
            cu.timed_collection(texts, encoder, "mean", queries, sizes)


def test_memory_is_that_of_the_array():
    assert cu.gigabytes(1000, 256, 4) * 1e9 == np.zeros((1000, 256), np.float32).nbytes
    assert cu.gigabytes(1000, 256) * 1e9 == np.zeros((1000, 256), np.float16).nbytes


# Duplicates -------------------------------------------------------------------------------------------------------------


def test_f1_and_the_threshold_are_scikit_learns():
    from sklearn.metrics import f1_score, precision_recall_curve

    rng = np.random.default_rng(0)
    for _ in range(5):
        duplicate = rng.random(80) < 0.3
        cosines = np.round(rng.normal(size=80) + duplicate, 1)
        precision, recall, thresholds = precision_recall_curve(duplicate, cosines)
        theirs = 2 * precision * recall / np.maximum(precision + recall, 1e-12)
        chosen = cu.choose_threshold(cosines, duplicate)
        assert cu.f1(cosines >= chosen, duplicate) == pytest.approx(theirs.max())
        assert chosen == thresholds[theirs[:-1] >= theirs.max() - 1e-12].max()
        assert cu.f1(cosines >= 0.4, duplicate) == pytest.approx(f1_score(duplicate, cosines >= 0.4))


def test_bad_pairs_are_refused():
    with pytest.raises(ValueError, match="equally long"):
        cu.f1([True], [True, False])
    with pytest.raises(ValueError, match="none is a duplicate"):
        cu.choose_threshold([0.1, 0.2], [False, False])


# A user's own texts -----------------------------------------------------------------------------------------------------


def write(folder, name, content):
    path = folder / name
    path.write_bytes(content if isinstance(content, bytes) else content.encode("utf-8"))
    return path


def test_texts_from_lists_and_files(tmp_path):
    expected = ["Soup, of the day", "Käse"]
    assert cu.read_texts(["Soup, of the day ", "", "Käse"]) == expected
    assert cu.read_texts(write(tmp_path, "a.txt", "\ufeffSoup, of the day\r\n\r\n  \r\nKäse")) == expected
    assert (
        cu.read_texts(str(write(tmp_path, "b.TXT", "Soup, of the day\nKäse\n".encode("cp1252"))), encoding="cp1252") == expected
    )
    table = 'id,text\n1,"Soup, of the day"\n2,\n3,Käse\n'
    assert cu.read_texts(write(tmp_path, "c.csv", table), "text") == expected
    assert cu.read_texts(write(tmp_path, "d.csv", 'text\n"Soup, of the day"\nKäse\n')) == expected
    assert cu.read_texts(write(tmp_path, "e.csv", "text\nNA\n007\n")) == ["NA", "007"]


@pytest.mark.parametrize(
    ("name", "content", "options", "said"),
    [
        ("a.txt", "", {}, "holds no text"),
        ("a.txt", " \n\n", {}, "holds no text"),
        ("a.csv", "", {}, "holds no text"),
        ("a.csv", "text\n", {}, "holds no text"),
        ("a.txt", "Käse".encode("cp1252"), {}, "not in utf-8 .byte 1"),
        ("a.txt", b"a\x00b", {}, "NUL"),
        ("a.txt", "Soup", {"encoding": "utf-99"}, "no encoding"),
        ("a.txt", "Soup", {"column": "text"}, "one text a line"),
        ("a.csv", "id,text\n1,Soup\n", {}, "name one of id, text"),
        ("a.csv", "id,text\n1,Soup\n", {"column": "body"}, "no column 'body'. It has id, text.$"),
        ("a.csv", "id;text\n1;Soup\n", {"column": "text"}, "something else than commas"),
        ("a.csv", 'id,text\n1,"Soup\n', {"column": "text"}, "comma-separated table"),
        ("a.xlsx", "Soup", {}, ".txt or .csv"),
    ],
)
def test_bad_files_are_told_what_is_wrong(tmp_path, name, content, options, said):
    with pytest.raises(ValueError, match=said):
        cu.read_texts(write(tmp_path, name, content), **options)


def test_bad_sources_are_told_what_is_wrong(tmp_path):
    with pytest.raises(ValueError, match="cannot be opened"):
        cu.read_texts(tmp_path / "nowhere.txt")
    with pytest.raises(ValueError, match=r"not the path of a \.txt"):
        cu.read_texts("Just a sentence")
    with pytest.raises(ValueError, match="The list holds no text"):
        cu.read_texts(["", " "])
    with pytest.raises(TypeError, match="item 1 is int"):
        cu.read_texts(["Soup", 7])
    with pytest.raises(ValueError, match="pass the column itself"):
        cu.read_texts(["Soup"], column="text")


# The index --------------------------------------------------------------------------------------------------------------


def test_search_finds_by_cosine(index, encoder):
    hits = index.search("A ferry leaves at dawn.", k=2)
    assert {hit.row for hit in hits} == {0, 3}
    assert [hit.place for hit in hits] == [1, 2]
    assert [hit.text for hit in hits] == [TEXTS[hit.row] for hit in hits]
    query, there = (cu.embed(texts, encoder, "mean") for texts in (["A ferry leaves at dawn."], TEXTS))
    np.testing.assert_allclose(
        [hit.cosine for hit in hits], cu.cosine_matrix(query, there)[0][[hit.row for hit in hits]], atol=1e-3
    )
    assert len(index.search("soup", k=99)) == len(index) == 4


def test_an_index_comes_back_as_it_was(index, encoder, tmp_path):
    again = cu.SearchIndex.load(index.save(tmp_path / "new" / "folder"), encoder)
    assert again.texts == index.texts
    assert again.pooling == "mean"
    np.testing.assert_array_equal(again.vectors, index.vectors)
    assert again.search("soup") == index.search("soup")
    about = json.loads((tmp_path / "new" / "folder" / "index.json").read_text(encoding="utf-8"))
    assert (about["model"], about["pooling"], len(about["model_checksum"])) == ("mini-bert", "mean", 64)


def test_another_model_is_refused_whatever_it_is_called(index, encoder, tmp_path):
    index.save(tmp_path)
    other = cu.load_encoder("untrained", like=encoder)
    other.name = encoder.name
    with pytest.raises(ValueError, match="another model"):
        cu.SearchIndex.load(tmp_path, other)
    renamed = copy.copy(encoder)
    renamed.name = "my-bert"
    assert cu.SearchIndex.load(tmp_path, renamed).texts == TEXTS


def damage_vectors(folder):
    path = folder / "vectors.safetensors"
    content = bytearray(path.read_bytes())
    content[-1] ^= 1
    path.write_bytes(content)


def no_room_for_vectors(vectors, path):
    from safetensors import SafetensorError

    Path(path).write_bytes(b"half")
    raise SafetensorError("Error while serializing: I/O error: No space left on device (os error 28)")


def no_room_for_texts(path, text, encoding):
    path.write_bytes(text.encode()[: len(text) // 2])
    raise OSError(errno.ENOSPC, "No space left on device", str(path))


@pytest.mark.parametrize(
    ("place", "fails"), [("safetensors.numpy.save_file", no_room_for_vectors), ("pathlib.Path.write_text", no_room_for_texts)]
)
def test_on_a_full_disk_an_earlier_index_stays(index, encoder, tmp_path, monkeypatch, place, fails):
    index.save(tmp_path / "earlier")
    later = cu.SearchIndex(["Later."], index.vectors[:1], encoder, "mean", index.checksum)
    monkeypatch.setattr(place, fails)
    for folder in ("earlier", "new"):
        with pytest.raises(CannotWriteError, match=rf"into .*{folder}: .*No space left on device.* another folder"):
            later.save(tmp_path / folder)
    assert cu.SearchIndex.load(tmp_path / "earlier", encoder).texts == TEXTS
    assert len(list((tmp_path / "earlier").iterdir())) == 3
    assert not list((tmp_path / "new").iterdir())


DAMAGE = {
    "vectors.safetensors is missing or damaged": damage_vectors,
    "texts.json is missing or damaged": lambda folder: (folder / "texts.json").unlink(),
    "index.json is missing": lambda folder: (folder / "index.json").unlink(),
    "cannot be read as an index": lambda folder: (folder / "index.json").write_text("{"),
    "read as an index": lambda folder: (folder / "index.json").write_text("[1]"),
    "of format 2": lambda folder: (folder / "index.json").write_text(
        (folder / "index.json").read_text(encoding="utf-8").replace('"format": 1', '"format": 2')
    ),
}


@pytest.mark.parametrize("said", DAMAGE)
def test_a_damaged_index_is_told(index, encoder, tmp_path, said):
    index.save(tmp_path)
    DAMAGE[said](tmp_path)
    with pytest.raises(ValueError, match=said):
        cu.SearchIndex.load(tmp_path, encoder)


def test_an_index_needs_texts_a_pooling_and_a_query(index, encoder):
    with pytest.raises(ValueError, match="no text to index"):
        cu.SearchIndex.build([], encoder, "mean")
    with pytest.raises(ValueError, match="say which"):
        cu.SearchIndex.build(TEXTS, encoder)
    with pytest.raises(TypeError, match="one str, not list"):
        index.search(["soup"])
    with pytest.raises(ValueError, match="k must be"):
        index.search("soup", k=0)


def test_markup_and_control_characters_do_not_get_through(encoder):
    hostile = ["<script>alert(1)</script> & <b>", "a\x1b[31m\u202eb\nc"]
    hits = cu.SearchIndex.build(hostile, encoder, "mean").search("x")
    shown = hits._repr_html_()
    assert "<script" not in shown
    assert "&lt;script&gt;alert(1)&lt;/script&gt; &amp; &lt;b&gt;" in shown
    assert {hit.text for hit in hits} == set(hostile)
    for text in (repr(hits), shown):
        assert not set("\x1b\u202e") & set(text)
    assert repr(hits).count("\n") == 1


def test_the_checksum_is_of_weights_and_vocabulary(encoder):
    other = copy.copy(encoder)
    other.model = copy.deepcopy(encoder.model)
    assert cu.model_checksum(other) == cu.model_checksum(encoder)
    other.model.encoder.layer[0].output.dense.bias.data[0] += 1e-3
    assert cu.model_checksum(other) != cu.model_checksum(encoder)
    assert cu.model_checksum(cu.load_encoder("mini-bert", device="cpu", precision="bfloat16")) != cu.model_checksum(encoder)


def test_an_index_moves_with_its_folder(index, encoder, tmp_path):
    index.save(tmp_path / "here")
    shutil.move(tmp_path / "here", tmp_path / "there")
    assert cu.SearchIndex.load(tmp_path / "there", encoder).texts == TEXTS
