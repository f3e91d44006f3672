"""WordPiece: splitting a word by the longest match, and learning the pieces."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Mapping, Sequence, Set
from itertools import pairwise

from course_utils import arguments

UNKNOWN = "[UNK]"
LONGEST_WORD = 100  # characters; BERT's tokenizer gives longer words up


def longest_match(rest: str, vocabulary: Collection[str], start: bool = True) -> str | None:
    """The longest piece of ``vocabulary`` that ``rest`` begins with; ``None`` if there is none.

    Args:
        rest: what is left of a word.
        start: whether ``rest`` is the whole word. If not, pieces carry ``##``.

    Raises:
        TypeError: ``rest`` is no text, ``vocabulary`` no collection of pieces, or ``start`` neither true nor false.

    >>> vocabulary = {"un", "unf", "##or", "##o"}
    >>> longest_match("unforgettable", vocabulary), longest_match("orgettable", vocabulary, start=False)
    ('unf', '##or')
    """
    _check_vocabulary(vocabulary, word=rest, name="rest")
    return _longest_match(rest, vocabulary, arguments.yes_or_no(start, "start"))


def _check_vocabulary(vocabulary: Collection[str], word: str, name: str) -> None:
    if not isinstance(word, str):
        raise TypeError(f"{name} must be one str, not {type(word).__name__}.")
    if isinstance(vocabulary, (str, bytes)) or not isinstance(vocabulary, (Set, Mapping, list, tuple)):
        raise TypeError(f"vocabulary must be a set of pieces, not {arguments.shown(vocabulary)}.")


def _longest_match(rest: str, vocabulary: Collection[str], start: bool = True) -> str | None:
    for end in range(len(rest), 0, -1):
        piece = rest[:end] if start else "##" + rest[:end]
        if piece in vocabulary:
            return piece
    return None


def wordpiece(word: str, vocabulary: Collection[str]) -> list[str]:
    """Split ``word`` into pieces of ``vocabulary``, the longest match first; ``["[UNK]"]`` if that gets stuck.

    A word of more than 100 characters is ``["[UNK]"]`` at once. Source: ``WordpieceTokenizer`` in
    https://github.com/google-research/bert (tokenization.py; its limit there is 200, 100 in transformers).

    Raises:
        TypeError: ``word`` is no text, or ``vocabulary`` no collection of pieces.

    >>> wordpiece("unhappiest", {"un", "unhapp", "##iest"})
    ['unhapp', '##iest']
    >>> wordpiece("unhappy", {"un", "unhapp", "##iest"})
    ['[UNK]']
    """
    _check_vocabulary(vocabulary, word, "word")
    if len(word) > LONGEST_WORD:
        return [UNKNOWN]
    pieces: list[str] = []
    done = 0
    while done < len(word):
        piece = _longest_match(word[done:], vocabulary, start=done == 0)
        if piece is None:
            return [UNKNOWN]
        pieces.append(piece)
        done += len(piece) - (2 if done else 0)
    return pieces


def wordpiece_walk(word: str, vocabulary: Collection[str]) -> list[tuple[int, int, bool]]:
    """Every candidate that ``wordpiece`` looks up in ``word``, in order, as (start, end, found).

    Raises:
        TypeError: ``word`` is no text, or ``vocabulary`` no collection of pieces.
        ValueError: ``word`` has more than 100 characters, which ``wordpiece`` gives up at once.

    >>> wordpiece_walk("tea", {"te", "##a"})
    [(0, 3, False), (0, 2, True), (2, 3, True)]
    """
    _check_vocabulary(vocabulary, word, "word")
    if len(word) > LONGEST_WORD:
        raise ValueError(f"word has {len(word)} characters: wordpiece looks up none of more than {LONGEST_WORD}.")
    steps, start = [], 0
    while start < len(word):
        for end in range(len(word), start, -1):
            found = ("##" if start else "") + word[start:end] in vocabulary
            steps.append((start, end, found))
            if found:
                break
        if not steps[-1][2]:
            break
        start = steps[-1][1]
    return steps


def train_pieces(texts: Sequence[str], size: int, method: str = "WordPiece") -> list[str]:
    """Learn a vocabulary of ``size`` lower-cased pieces from ``texts`` with the ``tokenizers`` library, in order of learning.

    The letters that carry ``##`` are registered first, in alphabetical order: the library settles equal counts by the numbers
    of the pieces, which it otherwise gives in an order that changes from run to run.

    Args:
        method: ``"WordPiece"`` or ``"BPE"``.

    Raises:
        TypeError: as in ``embed``, or ``size`` is not a whole number.
        ValueError: there is no such method, a text that ``embed`` does not take, or ``size`` not from 1 to 1,000,000.

    >>> pieces = train_pieces(["a tea, a team, a steam"] * 2, 20)
    >>> pieces[-4:]
    ['##tea', 'stea', 'team', 'steam']
    """
    from tokenizers import Tokenizer, models, normalizers, pre_tokenizers, trainers

    texts, size = arguments.texts(texts), arguments.whole(size, "size", 1, arguments.MANY)
    if not isinstance(method, str) or method not in ("WordPiece", "BPE"):
        raise ValueError(f'method must be "WordPiece" or "BPE", not {arguments.shown(method)}.')
    tokenizer = Tokenizer(getattr(models, method)(unk_token=UNKNOWN))
    tokenizer.normalizer = normalizers.BertNormalizer(lowercase=True)
    tokenizer.pre_tokenizer = pre_tokenizers.BertPreTokenizer()
    letters = sorted({c for text in texts for c in tokenizer.normalizer.normalize_str(text) if not c.isspace()})
    trainer = {"WordPiece": trainers.WordPieceTrainer, "BPE": trainers.BpeTrainer}[method](
        vocab_size=size,
        special_tokens=[UNKNOWN, *("##" + letter for letter in letters)],
        continuing_subword_prefix="##",
        show_progress=False,
    )
    tokenizer.train_from_iterator(texts, trainer)
    ids = tokenizer.get_vocab()
    return sorted(ids, key=ids.get)


def learn_merges(counts: dict[str, int], merges: int) -> list[str]:
    """The first ``merges`` pieces that byte-pair encoding learns from words and their ``counts``.

    Words start as letters, each but the first with ``##``. The most frequent neighbours become one piece, everywhere; of
    equally frequent pairs the one that is first in the alphabet. It stops early when no pair is left.
    Source: Sennrich et al. 2016, arXiv 1508.07909.

    Raises:
        TypeError: ``counts`` is no dict of words to whole numbers, or ``merges`` is not a whole number.
        ValueError: a count or ``merges`` is below 0.

    >>> learn_merges({"hug": 10, "pug": 5, "hugs": 5}, 3)
    ['##ug', 'hug', 'hugs']
    """
    merges = arguments.whole(merges, "merges", 0)
    if not isinstance(counts, Mapping) or not all(isinstance(word, str) for word in counts):
        raise TypeError(f"counts must be a dict of words to how often they occur, not {arguments.shown(counts)}.")
    for count in counts.values():
        arguments.whole(count, "A count of counts", 0)
    words = {word: [word[0], *("##" + letter for letter in word[1:])] for word in counts if word}
    learned: list[str] = []
    while len(learned) < merges:
        pairs: Counter[tuple[str, str]] = Counter()
        for word, pieces in words.items():
            for pair in pairwise(pieces):
                pairs[pair] += counts[word]
        if not pairs:
            break
        best = min(pairs, key=lambda pair: (-pairs[pair], pair))
        learned.append(best[0] + best[1].removeprefix("##"))
        words = {word: _merged(pieces, best) for word, pieces in words.items()}
    return learned


def _merged(pieces: list[str], pair: tuple[str, str]) -> list[str]:
    result: list[str] = []
    i = 0
    while i < len(pieces):
        if tuple(pieces[i : i + 2]) == pair:
            result.append(pair[0] + pair[1].removeprefix("##"))
            i += 2
        else:
            result.append(pieces[i])
            i += 1
    return result
