"""Wrong answers to the exercises of notebook 01."""

from collections import Counter
from itertools import pairwise

from course_utils import subwords, tokens


def _padded(rows, pad_id, length):
    ids = [(row + [pad_id] * length)[:length] for row in rows]
    return ids, [([1] * len(row) + [0] * length)[:length] for row in rows]


# wordpiece


def _wordpiece_limit_off(word, vocabulary):
    return ["[UNK]"] if len(word) >= 100 else subwords.wordpiece(word, vocabulary)


def _wordpiece_skipping(word, vocabulary):
    """Leaves out the characters that have no entry."""
    pieces = []
    while word and len(pieces) < 101:
        piece = subwords.longest_match(word, vocabulary, start=not pieces)
        if piece is None:
            word = word[1:]
            continue
        word = word[len(piece.removeprefix("##")) :]
        pieces.append(piece)
    return pieces


def _wordpiece_from_the_end(word, vocabulary):
    pieces = []
    while word:
        starts = (i for i in range(len(word)) if ("##" if i else "") + word[i:] in vocabulary)
        start = next(starts, None)
        if start is None or len(word) > 100:
            return ["[UNK]"]
        pieces.insert(0, ("##" if start else "") + word[start:])
        word = word[:start]
    return pieces


# learn_merges


def _learn(counts, merges, key, join=lambda a, b: a + b[2:], mark="##", weigh=lambda word, n: n):
    words, learned = {word: [word[0], *(mark + letter for letter in word[1:])] for word in counts}, []
    for _ in range(merges):
        pairs = Counter()
        for word, pieces in words.items():
            for pair in pairwise(pieces):
                pairs[pair] += weigh(word, counts[word])
        if not pairs:
            break
        a, b = min(pairs, key=lambda pair: key(pairs[pair], pair))
        learned.append(join(a, b))
        for word, pieces in words.items():
            merged, i = [], 0
            while i < len(pieces):
                pair = tuple(pieces[i : i + 2]) == (a, b)
                merged.append(join(a, b) if pair else pieces[i])
                i += 2 if pair else 1
            words[word] = merged
    return learned


def _most(n, pair):
    return -n, pair


ANSWERS = {
    "text_of_span": [
        lambda text, offsets, first, last: text[offsets[first][0] : offsets[last][1] + 1],
        lambda text, offsets, first, last: text[offsets[first][0] : offsets[last][1] - 1],
        lambda text, offsets, first, last: text[offsets[first][1] : offsets[last][1]],
        lambda text, offsets, first, last: text[offsets[first + 1][0] : offsets[last][1]],
        lambda text, offsets, first, last: text[offsets[last][0] : offsets[first][1]],
        lambda text, offsets, first, last: text[offsets[first][0] :],
        lambda text, offsets, first, last: text[: offsets[last][1]],
        lambda text, offsets, first, last: " ".join(text[a:b] for a, b in offsets[first : last + 1]),
        lambda text, offsets, first, last: [text[a:b] for a, b in offsets[first : last + 1]],
        lambda text, offsets, first, last: text[offsets[first][0] : offsets[last][1]].lower(),
        lambda text, offsets, first, last: text[offsets[first][0] : offsets[last][1]].replace(" ", ""),
        lambda text, offsets, first, last: (offsets[first][0], offsets[last][1]),
    ],
    "split_by_hand": [
        ["ther", "##apist"],
        ["ther", "##rapist"],
        ["ther", "a", "p", "i", "s", "t"],
        ["t", "##h", "##e", "##r", "##a", "##p", "##i", "##s", "##t"],
        ["ther", "##a", "##p", "##i", "##s"],
        ["##ther", "##a", "##p", "##i", "##s", "##t"],
        ["the", "rapist"],
        "ther ##a ##p ##i ##s ##t",
        ["therapist"],
        [],
    ],
    "wordpiece": [
        _wordpiece_limit_off,
        _wordpiece_skipping,
        _wordpiece_from_the_end,
        lambda word, vocabulary: [word] if word in vocabulary else ["[UNK]"],
        lambda word, vocabulary: "[UNK]",
        lambda word, vocabulary: " ".join(subwords.wordpiece(word, vocabulary)),
        lambda word, vocabulary: subwords.wordpiece(word[:100], vocabulary),
        lambda word, vocabulary: subwords.wordpiece(word, vocabulary)[::-1],
        lambda word, vocabulary: ["##" + piece.removeprefix("##") for piece in subwords.wordpiece(word, vocabulary)],
        lambda word, vocabulary: (
            [] if "[UNK]" in subwords.wordpiece(word, vocabulary) else subwords.wordpiece(word, vocabulary)
        ),
        lambda word, vocabulary: [word[0], *("##" + letter for letter in word[1:])],
        lambda word, vocabulary: subwords.wordpiece(word.replace("☃", ""), vocabulary),
    ],
    "pad_batch": [
        lambda rows, pad_id: _padded(rows, pad_id, max(map(len, rows)) + 1),
        lambda rows, pad_id: _padded(rows, pad_id, max(map(len, rows)) - 1),
        lambda rows, pad_id: _padded(rows, pad_id, 512),
        lambda rows, pad_id: _padded(rows, pad_id, len(rows[0])),
        lambda rows, pad_id: _padded(rows, pad_id, max(map(len, rows)))[::-1],
        lambda rows, pad_id: (_padded(rows, pad_id, max(map(len, rows)))[0],) * 2,
        lambda rows, pad_id: (rows, [[1] * len(row) for row in rows]),  # not padded at all
        lambda rows, pad_id: (_padded(rows, pad_id, max(map(len, rows)))[0], [len(row) for row in rows]),
        lambda rows, pad_id: [part[::-1] for part in _padded(rows, pad_id, max(map(len, rows)))],
        lambda rows, pad_id: tuple(
            list(map(list, zip(*part, strict=True))) for part in _padded(rows, pad_id, max(map(len, rows)))
        ),
        lambda rows, pad_id: [[[t, int(t != 3)][i] for t in row] for i in (0, 1) for row in rows],
        lambda rows, pad_id: (
            _padded(rows, pad_id, max(map(len, rows)))[0],
            [[int(token not in (2, 3, pad_id)) for token in row] for row in _padded(rows, pad_id, max(map(len, rows)))[0]],
        ),  # special tokens counted as padding
        lambda rows, pad_id: _padded([row[:-1] for row in rows], pad_id, max(map(len, rows))),
    ],
    "truncate": [
        lambda ids, limit: [*ids[: limit - 1], 3] if len(ids) >= limit - 1 else ids,  # one row too early
        lambda ids, limit: ids[: limit - 2] + ids[-1:] if len(ids) > limit else ids,
        lambda ids, limit: ids[:limit],
        lambda ids, limit: ids[-limit:],
        lambda ids, limit: ids[: limit - 1],
        lambda ids, limit: ids[: limit // 2] + ids[-(limit - limit // 2) :] if len(ids) > limit else ids,
        lambda ids, limit: ids[: limit - 1] + ids[-2:-1] if len(ids) > limit else ids,
        lambda ids, limit: [*ids[: limit - 1], 102] if len(ids) > limit else ids,  # the id of another vocabulary
        lambda ids, limit: [*ids[: limit - 1], [ids[-1]]] if len(ids) > limit else ids,
        lambda ids, limit: tokens.truncate(ids, limit - 1),
        lambda ids, limit: tokens.truncate(ids, limit + 1),
        lambda ids, limit: ids,
    ],
    "learn_merges": [
        lambda counts, merges: _learn(counts, merges, lambda n, pair: (n, pair)),  # the rarest
        lambda counts, merges: _learn(counts, merges, _most)[::-1],
        lambda counts, merges: _learn(counts, merges - 1, _most),
        lambda counts, merges: _learn(counts, merges + 1, _most),
        lambda counts, merges: _learn(counts, merges, _most, weigh=lambda word, n: 1),
        lambda counts, merges: _learn(counts, merges, _most, mark="", join=lambda a, b: a + b),
        lambda counts, merges: _learn(counts, merges, _most, join=lambda a, b: a + b),
        lambda counts, merges: _learn(counts, merges, _most, weigh=lambda word, n: n * len(word)),
        lambda counts, merges: _learn(counts, merges, lambda n, pair: pair),  # the alphabet alone
        lambda counts, merges: [piece.removeprefix("##") for piece in _learn(counts, merges, _most)],
        lambda counts, merges: sorted(_learn(counts, merges, _most)),
        lambda counts, merges: sorted(counts, key=counts.get, reverse=True)[:merges],
        lambda counts, merges: _learn(dict(list(counts.items())[:-1]), merges, _most),
    ],
}
