"""Other right answers to the exercises of notebook 01."""

import re
from collections import Counter
from itertools import pairwise, zip_longest

import numpy as np
import torch

from course_utils import subwords

# text_of_span


def _span_by_characters(text, offsets, first, last):
    return "".join(text[i] for i in range(offsets[first][0], offsets[last][1]))


def _span_unpacked(text, offsets, first, last):
    (start, _), (_, end) = offsets[first], offsets[last]
    return text[start:][: end - start]


def _span_cut_on_both_sides(text, offsets, first, last):
    return text[: offsets[last][1]].removeprefix(text[: offsets[first][0]])


# wordpiece


def _wordpiece_recursive(word, vocabulary):
    def split(rest, mark):
        if not rest:
            return []
        for end in range(len(rest), 0, -1):
            if mark + rest[:end] in vocabulary:
                following = split(rest[end:], "##")
                return None if following is None else [mark + rest[:end], *following]
        return None

    return (split(word, "") if len(word) <= 100 else None) or ["[UNK]"]


def _wordpiece_by_index(word, vocabulary):
    if len(word) > 100:
        return ["[UNK]"]
    pieces, start = [], 0
    while start < len(word):
        piece = subwords.longest_match(word[start:], vocabulary, start=start == 0)
        if piece is None:
            return ["[UNK]"]
        pieces.append(piece)
        start += len(piece) if start == 0 else len(piece) - 2
    return tuple(pieces)


# pad_batch


def _pad_numpy(rows, pad_id):
    ids = np.full((len(rows), max(map(len, rows))), pad_id)
    mask = np.zeros_like(ids)
    for i, row in enumerate(rows):
        ids[i, : len(row)], mask[i, : len(row)] = row, 1
    return ids, mask


def _pad_by_appending(rows, pad_id):
    ids, mask = [list(row) for row in rows], [[1 for _ in row] for row in rows]
    longest = len(sorted(rows, key=len)[-1])
    for row, marks in zip(ids, mask, strict=True):
        while len(row) < longest:
            row.append(pad_id)
            marks.append(0)
    return [ids, mask]


def _pad_zip_longest(rows, pad_id):
    columns, marks = zip_longest(*rows, fillvalue=pad_id), zip_longest(*([1] * len(row) for row in rows), fillvalue=0)
    return list(map(list, zip(*columns, strict=True))), list(map(list, zip(*marks, strict=True)))


def _pad_torch(rows, pad_id):
    lengths = torch.tensor([len(row) for row in rows])
    mask = torch.arange(int(lengths.max())) < lengths[:, None]
    ids = torch.full(mask.shape, pad_id)
    ids[mask] = torch.tensor([token for row in rows for token in row])
    return ids, mask.long()


# truncate


def _truncate_numpy(ids, limit):
    ids = np.asarray(ids)
    return ids if len(ids) <= limit else np.r_[ids[: limit - 1], ids[-1]]


def _truncate_by_deleting(ids, limit):
    while len(ids) > limit:
        del ids[-2]
    return ids


# learn_merges


def _merges_by_text(counts, merges):
    words, learned = {word: " ".join([word[0], *("##" + letter for letter in word[1:])]) for word in counts}, []
    for _ in range(merges):
        pairs = Counter()
        for word, text in words.items():
            parts = text.split()
            for pair in pairwise(parts):
                pairs[pair] += counts[word]
        a, b = sorted(pairs.items(), key=lambda item: (-item[1], item[0]))[0][0]
        learned.append(a + b[2:])
        words = {word: re.sub(rf"(?<!\S){re.escape(a)} {re.escape(b)}(?!\S)", a + b[2:], text) for word, text in words.items()}
    return learned


def _merges_weighted_rows(counts, merges):
    rows, learned = [([w[0], *["##" + x for x in w[1:]]], n) for w, n in counts.items()], []
    while len(learned) < merges:
        totals = {}
        for pieces, n in rows:
            for left, right in pairwise(pieces):
                totals[left, right] = totals.get((left, right), 0) + n
        most = max(totals.values())
        pair = min(pair for pair, n in totals.items() if n == most)
        joined = pair[0] + pair[1].removeprefix("##")
        learned.append(joined)
        for pieces, _ in rows:
            for i in range(len(pieces) - 2, -1, -1):
                if tuple(pieces[i : i + 2]) == pair:
                    pieces[i : i + 2] = [joined]
    return learned


ANSWERS = {
    "text_of_span": [_span_by_characters, _span_unpacked, _span_cut_on_both_sides],
    "wordpiece": [_wordpiece_recursive, _wordpiece_by_index],
    "pad_batch": [_pad_numpy, _pad_by_appending, _pad_zip_longest, _pad_torch],
    "truncate": [
        _truncate_numpy,
        _truncate_by_deleting,
        lambda ids, limit: torch.tensor(ids if len(ids) <= limit else [*ids[: limit - 1], ids[-1]]),
        lambda ids, limit: [*ids[: min(limit, len(ids)) - 1], 3],
    ],
    "learn_merges": [_merges_by_text, _merges_weighted_rows],
    "split_by_hand": [("ther", "##a", "##p", "##i", "##s", "##t"), np.array(["ther", "##a", "##p", "##i", "##s", "##t"])],
}
