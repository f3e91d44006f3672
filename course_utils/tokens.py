"""Views of tokenization: words, offsets, fertility, overlap, padding and truncation."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from functools import cache

import numpy as np

from course_utils import arguments, model_arguments
from course_utils.subwords import wordpiece


def is_wordpiece(tokenizer) -> bool:
    """Whether ``tokenizer`` (transformers) splits words by WordPiece, as BERT's do; anything else does not.

    >>> import course_utils as cu
    >>> is_wordpiece(cu.load_encoder("mini-bert").tokenizer)
    True
    """
    backend = getattr(tokenizer, "backend_tokenizer", None)
    return backend is not None and type(backend.model).__name__ == "WordPiece"


def bert_words(text: str, tokenizer=None) -> list[str]:
    """``text`` normalised and split as ``tokenizer`` (transformers) does before it looks into its vocabulary.

    Args:
        tokenizer: ``None`` for the rules of ``bert-base-uncased``: lower case, no accents, split at spaces and punctuation.

    Raises:
        TypeError: ``text`` is no text, or ``tokenizer`` is none that splits texts by rules of its own.
        ValueError: ``text`` holds a lone surrogate.

    >>> bert_words("Crêpes, please.")
    ['crepes', ',', 'please', '.']
    """
    arguments.text(text, "text")
    if tokenizer is None:
        normalizer, splitter = _bert_rules()
    else:
        if getattr(getattr(tokenizer, "backend_tokenizer", None), "pre_tokenizer", None) is None:
            raise TypeError("tokenizer must be one of transformers that splits texts by rules, such as encoder.tokenizer.")
        normalizer, splitter = tokenizer.backend_tokenizer.normalizer, tokenizer.backend_tokenizer.pre_tokenizer
    normal = normalizer.normalize_str(text) if normalizer else text
    return [word for word, _ in splitter.pre_tokenize_str(normal)]


@cache
def _bert_rules():
    from tokenizers import normalizers, pre_tokenizers

    return normalizers.BertNormalizer(lowercase=True), pre_tokenizers.BertPreTokenizer()


def tokens_a_word(texts: Sequence[str], pieces: Iterable[str]) -> float:
    """Pieces per word that ``wordpiece`` splits ``texts`` into, with the vocabulary ``pieces`` and the rules of ``bert_words``.

    Raises:
        TypeError: as in ``embed``, or ``pieces`` is no collection of text.
        ValueError: there are no words, or a text that ``embed`` does not take.

    >>> tokens_a_word(["The teapots."], ["the", "tea", "##pots", "."])
    2.0
    """
    known = set(arguments.texts(sorted(pieces) if isinstance(pieces, (set, frozenset)) else pieces, "pieces"))
    texts = arguments.texts(texts)
    words = sum(len(text.split()) for text in texts)
    if not words:
        raise ValueError("There are no words in texts.")
    tokens = sum(len(wordpiece(word, known)) for text in texts for word in bert_words(text))
    return tokens / words


def text_of_span(text: str, offsets: Sequence[tuple[int, int]], first: int, last: int) -> str:
    """The characters of ``text`` that the tokens ``first`` to ``last`` (both included) came from.

    Args:
        offsets: (start, end) of each token in ``text``, as a tokenizer gives with ``return_offsets_mapping=True``.

    Raises:
        TypeError: ``text`` is no text, ``offsets`` no pairs of whole numbers, or ``first`` or ``last`` is no whole number.
        ValueError: there are no such tokens, or they do not lie in the text.

    >>> text_of_span("Tea, please.", [(0, 3), (3, 4), (5, 11), (11, 12)], 0, 2)
    'Tea, please'
    """
    if not isinstance(text, str):
        raise TypeError(f"text must be one str, not {type(text).__name__}.")
    first, last = arguments.whole(first, "first"), arguments.whole(last, "last")
    offsets = arguments.wholes(offsets, "offsets", 2, 0)
    if offsets.shape[1] != 2:
        raise ValueError(f"offsets must be (start, end) of each token, got shape {offsets.shape}.")
    if offsets.size and offsets.max() > len(text):
        raise ValueError(f"offsets must lie within the text, which ends at {len(text)}; they go to {offsets.max()}.")
    offsets = offsets.tolist()
    if not 0 <= first <= last < len(offsets):
        raise ValueError(
            f"first and last must be token numbers of offsets, from 0 to {len(offsets) - 1}, in order; not {first} and {last}."
        )
    return text[offsets[first][0] : offsets[last][1]]


def fertility(texts: Sequence[str], tokenizer):
    """Tokens per word of ``texts``, special tokens left out, with a bootstrap interval over texts (``Interval``).

    A word is what stands between spaces. Tokens and words are summed over all texts before they are divided.
    Source of the term: Rust et al. 2021, arXiv 2012.15613.

    Raises:
        TypeError: as in ``embed``, or ``tokenizer`` is none.
        ValueError: fewer than two texts, no words, or a text that ``embed`` does not take.

    >>> import course_utils as cu
    >>> print(fertility(["the old house", "the old garden house"], cu.load_encoder("mini-bert").tokenizer))
    1.00 [1.00, 1.00]
    """
    from course_utils.statistics import bootstrap

    texts = arguments.texts(texts)
    if len(texts) < 2:
        raise ValueError(f"Fertility needs at least two texts, texts holds {len(texts)}.")
    tokens, words = count_tokens(texts, tokenizer)
    if not words.sum():
        raise ValueError("There are no words in these texts.")
    return bootstrap(lambda rows: tokens[rows].sum() / max(words[rows].sum(), 1), len(texts))


def count_tokens(texts: Sequence[str], tokenizer) -> tuple[np.ndarray, np.ndarray]:
    """Tokens without special tokens, and words between spaces, of each text: two (n,) arrays of whole numbers.

    Raises:
        TypeError: as in ``embed``, or ``tokenizer`` is none.
        ValueError: a text that ``embed`` does not take.

    >>> import course_utils as cu
    >>> count_tokens(["the old house", "tea"], cu.load_encoder("mini-bert").tokenizer)
    (array([3, 1]), array([3, 1]))
    """
    texts, tokenizer = arguments.texts(texts), model_arguments.tokenizer(tokenizer)
    if not texts:
        return np.zeros(0, dtype=np.int64), np.zeros(0, dtype=np.int64)
    tokens = [len(ids) for ids in tokenizer(texts, add_special_tokens=False, verbose=False)["input_ids"]]
    return np.array(tokens), np.array([len(text.split()) for text in texts])


def fertility_difference(a: Sequence[str], b: Sequence[str], tokenizer):
    """Fertility of ``a`` minus fertility of ``b``, two independent collections of texts, with its interval.

    Each collection is drawn anew from itself, at its own size.

    Raises:
        TypeError, ValueError: as in ``fertility``, or a text without a word.

    >>> import course_utils as cu
    >>> tokenizer = cu.load_encoder("mini-bert").tokenizer
    >>> print(fertility_difference(["tea.", "tea."], ["tea", "tea"], tokenizer))
    1.00 [1.00, 1.00]
    """
    from course_utils.statistics import Interval

    a, b = arguments.texts(a, "a"), arguments.texts(b, "b")
    draws = [_ratios(*count_tokens(texts, tokenizer), seed, "ab"[seed]) for seed, texts in enumerate((a, b))]
    low, high = np.quantile(draws[0][1:] - draws[1][1:], [0.025, 0.975])
    return Interval(float(draws[0][0] - draws[1][0]), float(low), float(high))


def _ratios(tokens: np.ndarray, words: np.ndarray, seed: int, name: str, resamples: int = 2000) -> np.ndarray:
    """The ratio of the sums, and after it the same of ``resamples`` resamples."""
    if len(words) < 2 or not words.all():
        raise ValueError(f"Fertility needs at least two texts in {name}, each with a word in it.")
    rows = np.random.default_rng(seed).integers(0, len(words), (resamples, len(words)))
    return np.concatenate([[tokens.sum() / words.sum()], tokens[rows].sum(1) / words[rows].sum(1)])


def jaccard(a: Iterable[str], b: Iterable[str]) -> float:
    """Shared items over all items of two collections, each item counted once: from 0 to 1 (1 for two empty ones).

    Raises:
        TypeError: ``a`` or ``b`` is no collection (a string is one of letters), or holds what cannot be looked up.

    >>> jaccard(["the", "dog", "barks"], ["the", "cat", "barks"])
    0.5
    """
    a, b = _distinct(a, "a"), _distinct(b, "b")
    return len(a & b) / len(a | b) if a | b else 1.0


def _distinct(value, name: str) -> set:
    value = list(value) if isinstance(value, str) else arguments.items(value, name, "items")
    try:
        return set(value)
    except TypeError:
        raise TypeError(
            f"{name} must be a list of items that can be looked up, such as str, not {type(value[0]).__name__}."
        ) from None


def pad_batch(rows: Sequence[Sequence[int]], pad_id: int) -> tuple[list[list[int]], list[list[int]]]:
    """Rows of ids filled up on the right to the longest, and the attention mask (1 for real, 0 for padding).

    Raises:
        TypeError: ``rows`` is no list of rows of whole numbers, or ``pad_id`` is none.

    >>> pad_batch([[2, 9, 3], [2, 3]], 0)
    ([[2, 9, 3], [2, 3, 0]], [[1, 1, 1], [1, 1, 0]])
    """
    pad_id = arguments.whole(pad_id, "pad_id")
    rows = [arguments.wholes(row, "rows").tolist() for row in arguments.items(rows, "rows", "rows of ids")]
    longest = max(map(len, rows), default=0)
    ids = [[*row, *[pad_id] * (longest - len(row))] for row in rows]
    mask = [[1] * len(row) + [0] * (longest - len(row)) for row in rows]
    return ids, mask


def truncate(ids: Sequence[int], limit: int) -> list[int]:
    """At most ``limit`` ids: the last one stays ([SEP]), and what stands before it is cut.

    Raises:
        TypeError: ``ids`` is no list of whole numbers, or ``limit`` is none.
        ValueError: ``limit`` leaves no room for the first and the last id.

    >>> truncate([2, 11, 12, 13, 3], 4)
    [2, 11, 12, 3]
    """
    ids = arguments.wholes(ids, "ids").tolist()
    if arguments.whole(limit, "limit") < 2:
        raise ValueError(f"limit must be 2 or more, to keep the first and the last token; not {arguments.shown(limit)}.")
    return list(ids) if len(ids) <= limit else [*ids[: limit - 1], ids[-1]]


def padded_means(ids, padding: int, encoder) -> dict[str, np.ndarray]:
    """Means of the last layer after ``padding`` [PAD] tokens were added, with each way to use or forget the mask.

    Args:
        ids: (batch, tokens) token ids of equally long inputs, special tokens included.

    Returns:
        (batch, dim) for ``"both masked"``, ``"mean forgets"`` (the model has the mask, the average has not),
        ``"model forgets"`` (the reverse) and ``"both forget"``.

    Raises:
        TypeError: ``ids`` is no tensor of whole numbers, ``padding`` not a whole number, or ``encoder`` is none.
        ValueError: ids that the encoder does not have, ``padding`` below 0, or the padded input is longer than the model's
            limit.

    >>> import course_utils as cu, torch
    >>> means = padded_means(torch.tensor([[2, 50, 60, 3]]), 2, cu.load_encoder("mini-bert", device="cpu"))
    >>> {name: mean.shape for name, mean in means.items()}["both masked"]
    (1, 256)
    """
    import torch

    from course_utils.pooling import masked_mean

    model_arguments.token_ids(ids, "ids", model_arguments.encoder(encoder).model.config.vocab_size)
    padding = arguments.whole(padding, "padding", 0)
    length = ids.shape[1]
    if length + padding > encoder.limit:
        raise ValueError(f"{length} tokens in ids and {padding} of padding are more than the model's {encoder.limit}.")
    padded = torch.nn.functional.pad(ids, (0, padding), value=encoder.tokenizer.pad_token_id).to(encoder.device)
    everything = torch.ones_like(padded)
    real = everything.clone()
    real[:, length:] = 0
    with torch.inference_mode():
        right = encoder.model(input_ids=padded, attention_mask=real).last_hidden_state  # (batch, tokens, dim)
        wrong = encoder.model(input_ids=padded, attention_mask=everything).last_hidden_state
    means = {
        "both masked": masked_mean(right, real),
        "mean forgets": masked_mean(right, everything),
        "model forgets": masked_mean(wrong, real),
        "both forget": masked_mean(wrong, everything),
    }
    return {name: mean.float().cpu().numpy() for name, mean in means.items()}
