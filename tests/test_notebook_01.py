"""Tokenization: our WordPiece against the libraries', our counting against theirs, the notebook against its helpers."""

import numpy as np
import pytest
import torch
from taught import taught
from tokenizers import Tokenizer, models, normalizers, pre_tokenizers

import course_utils as cu
from course_utils import subwords, tokens

HARD = [
    "naïve café", "snow☃man", "don't", "3.14159", "東京タワー", "한국어", "🙂", "x🙂y", "👍🏽", "a" * 100, "a" * 101, "½ cup",
    "e-mail@example.com", "ſtrange İstanbul ǅ", "C++ & C#", "tab\there", "", " ", "\u200bhi\xad there", "hello\x00world",
    "##s s", "مرحبا", "नमस्ते", "Ωmega—dash", "１２３ ﬁne", "\u0301", "Mc'Donald’s “quoted”",
]  # fmt: skip


def ours(text, tokenizer):
    vocabulary = tokenizer.get_vocab()
    return [piece for word in cu.bert_words(text, tokenizer) for piece in cu.wordpiece(word, vocabulary)]


# --- the longest match


@pytest.mark.parametrize("text", HARD)
def test_wordpiece_equals_the_tokenizer_on_hard_inputs(encoder, text):
    assert ours(text, encoder.tokenizer) == encoder.tokenizer.tokenize(text)


def test_wordpiece_equals_the_tokenizer_on_the_course_data(encoder):
    texts = [*cu.load_data("passages")["text"], *cu.load_data("reviews")["text"][:300]]
    assert [ours(text, encoder.tokenizer) for text in texts] == [encoder.tokenizer.tokenize(text) for text in texts]


def test_wordpiece_equals_the_tokenizer_on_random_vocabularies():
    rng = np.random.default_rng(0)
    for _ in range(30):
        letters = "abc"
        made = {"".join(rng.choice(list(letters), rng.integers(1, 4))) for _ in range(6)}
        vocabulary = sorted({"[UNK]", *made, *("##" + piece for piece in made if rng.random() < 0.8)})
        library = Tokenizer(models.WordPiece(dict(zip(vocabulary, range(99), strict=False)), unk_token="[UNK]"))
        for _ in range(20):
            word = "".join(rng.choice(list(letters), rng.integers(1, 9)))
            assert cu.wordpiece(word, vocabulary) == library.encode(word).tokens


def test_the_walk_ends_in_the_same_pieces(encoder):
    vocabulary = encoder.tokenizer.get_vocab()
    for word in ("lighthouses", "unforgettable", "the", "a" * 100):
        steps = cu.wordpiece_walk(word, vocabulary)
        found = [("##" if start else "") + word[start:end] for start, end, hit in steps if hit]
        assert found == cu.wordpiece(word, vocabulary)
        assert steps[0][:2] == (0, len(word))  # the longest candidate comes first
        assert sum(hit for *_, hit in steps) == len(found)
    stuck = cu.wordpiece_walk("x☃", vocabulary)
    assert not stuck[-1][2]
    assert cu.wordpiece("x☃", vocabulary) == ["[UNK]"]


def test_words_are_those_of_the_tokenizer(encoder):
    for text in HARD:
        assert cu.bert_words(text) == cu.bert_words(text, encoder.tokenizer)
    assert not cu.is_wordpiece(object())


# --- learning pieces


LESSONS = [
    "the baker baked bread",
    "a baker's dozen of breads",
    "bread and butter, butter and bread",
    "better bakers bake better",
]


def test_wordpiece_and_bpe_learn_the_same_and_every_run_the_same():
    learned = cu.train_pieces(LESSONS, 60)
    assert learned == cu.train_pieces(LESSONS, 60, method="BPE")  # the same pieces, in the same order
    assert learned == cu.train_pieces(LESSONS, 60)
    assert len(learned) == 60
    with pytest.raises(ValueError, match="WordPiece"):
        cu.train_pieces(LESSONS, 60, method="Unigram")


def test_our_merges_equal_the_librarys_where_no_counts_are_equal():
    counts = {"aab": 40, "aac": 27, "bac": 14, "cab": 5, "bca": 2}
    text = [" ".join([word] * count) for word, count in counts.items()]
    start = len(cu.train_pieces(text, 1))
    learned = cu.train_pieces(text, start + 4)
    assert learned[start:] == cu.learn_merges(counts, 4)


def test_merging_stops_when_nothing_is_left():
    assert cu.learn_merges({"ab": 1}, 5) == ["ab"]
    assert subwords._merged(["a", "##a", "##a"], ("##a", "##a")) == ["a", "##aa"]


def test_tokens_a_word_equals_the_library_with_the_same_pieces():
    pieces = cu.train_pieces(LESSONS, 60)
    library = Tokenizer(models.WordPiece({piece: i for i, piece in enumerate(pieces)}, unk_token="[UNK]"))
    library.normalizer, library.pre_tokenizer = normalizers.BertNormalizer(lowercase=True), pre_tokenizers.BertPreTokenizer()
    new = ["Butter the dozen breads.", "A bread-baker!"]
    expected = sum(len(library.encode(text).ids) for text in new) / sum(len(text.split()) for text in new)
    assert cu.tokens_a_word(new, pieces) == pytest.approx(expected)


# --- fertility, overlap


def test_fertility_is_the_ratio_of_the_sums(encoder):
    texts = ["the old house", "unforgettable", "a rainy day in the old town"]
    tokens_, words = cu.count_tokens(texts, encoder.tokenizer)
    assert words.tolist() == [3, 1, 7]
    assert tokens_.tolist() == [len(encoder.tokenizer.tokenize(text)) for text in texts]
    found = cu.fertility(texts, encoder.tokenizer)
    assert found.value == pytest.approx(tokens_.sum() / 11)
    assert found.low <= found.value <= found.high
    with pytest.raises(ValueError, match="no words"):
        cu.fertility(["", " "], encoder.tokenizer)


def test_the_difference_of_two_independent_fertilities(encoder):
    a = [["the", "rainy", "unforgettable pancakes", "grandmother", "old"][i % 5] for i in range(60)]
    b = [["the house", "rain", "a"][i % 3] for i in range(40)]
    found = cu.fertility_difference(a, b, encoder.tokenizer)
    one, two = cu.fertility(a, encoder.tokenizer), cu.fertility(b, encoder.tokenizer)
    assert found.value == pytest.approx(one.value - two.value)
    width = np.hypot(one.high - one.low, two.high - two.low)  # independent: the variances add up
    assert found.high - found.low == pytest.approx(width, rel=0.1)
    with pytest.raises(ValueError, match="at least two texts"):
        cu.fertility_difference(["", "a"], b, encoder.tokenizer)


def test_jaccard():
    assert cu.jaccard("aab", "abc") == pytest.approx(2 / 3)
    assert cu.jaccard("ab", "bc") == pytest.approx(1 / 3)
    assert cu.jaccard([], []) == 1.0
    assert cu.jaccard(["a"], []) == 0.0


# --- offsets, padding, truncation


def test_offsets_lead_back_to_the_text(encoder):
    text = "Zoë's naïve café, 3.14!"
    found = encoder.tokenizer(text, add_special_tokens=False, return_offsets_mapping=True)
    offsets = found["offset_mapping"]
    assert cu.text_of_span(text, offsets, 0, len(offsets) - 1) == text
    for first, last in ((-1, 0), (2, 1), (0, len(offsets))):
        with pytest.raises(ValueError, match="token numbers"):
            cu.text_of_span(text, offsets, first, last)


def test_padding_equals_the_tokenizers(encoder):
    texts = ["Soup.", "Owls hunt by ear.", "Who moved the ladder?"]
    rows = encoder.tokenizer(texts)["input_ids"]
    batch = encoder.tokenizer(texts, padding=True)
    assert cu.pad_batch(rows, encoder.tokenizer.pad_token_id) == (batch["input_ids"], batch["attention_mask"])
    assert cu.pad_batch([], 0) == ([], [])


def test_truncation_equals_the_tokenizers(encoder):
    text = cu.load_data("passages")["text"][0]
    ids = encoder.tokenizer(text)["input_ids"]
    for limit in (2, 3, 17, len(ids) - 1, len(ids), 500):
        expected = encoder.tokenizer(text, truncation=True, max_length=limit)["input_ids"]
        assert cu.truncate(ids, limit) == expected
    with pytest.raises(ValueError, match="2 or more"):
        cu.truncate(ids, 1)


def test_padded_means(encoder):
    texts = ["The old house.", "The red door."]
    ids = torch.tensor(encoder.tokenizer(texts)["input_ids"])
    means = cu.padded_means(ids, 9, encoder)
    np.testing.assert_allclose(means["both masked"], cu.embed(texts, encoder, pooling="mean"), atol=1e-5)
    none = cu.padded_means(ids, 0, encoder)
    for label in means:
        np.testing.assert_allclose(none[label], none["both masked"], atol=1e-6)
    wrong = [label for label in means if np.abs(means[label] - means["both masked"]).max() > 0.01]
    assert wrong == ["mean forgets", "model forgets", "both forget"]
    padded = torch.nn.functional.pad(ids, (0, 9), value=encoder.tokenizer.pad_token_id)
    with torch.inference_mode():
        unmasked = encoder.model(padded).last_hidden_state
    np.testing.assert_allclose(means["both forget"], unmasked.mean(1), atol=1e-5)
    np.testing.assert_allclose(means["model forgets"], unmasked[:, : ids.shape[1]].mean(1), atol=1e-5)
    with pytest.raises(ValueError, match="more than the model's"):
        cu.padded_means(ids, encoder.limit, encoder)


# --- the notebook and its helpers


def test_what_the_notebook_shows_is_what_it_imports(encoder):
    vocabulary = encoder.tokenizer.get_vocab()
    shown = taught("01", "longest_match")
    for word in ("lighthouses", "houses", "☃", "a", ""):
        for start in (True, False):
            assert shown(word, vocabulary, start) == cu.longest_match(word, vocabulary, start)

    shown = taught("01", "fertility", np=np, cu=cu)
    texts = ["the old house", "unforgettable pancakes", "a rainy day"]
    assert shown(texts, encoder.tokenizer) == tokens.fertility(texts, encoder.tokenizer)

    shown = taught("01", "jaccard")
    for a, b in (("ab", "bc"), ("", ""), (["x", "x"], ["x"])):
        assert shown(a, b) == cu.jaccard(a, b)
