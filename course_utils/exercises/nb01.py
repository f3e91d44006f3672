"""Exercises of notebook 01."""

from __future__ import annotations

from collections import Counter
from itertools import cycle, pairwise

from course_utils import subwords, tokens
from course_utils.exercises.core import Choice, FunctionExercise, Mistake, Prediction, Question, Quiz, ValueExercise

TEXTS = (
    "My grandmother's Sunday pancakes, as always.",
    "Trains at 9.15 to Oslo and 9.45; buses never.",
    "He paid 3 euros (in Lyon) for tea.",
    "Lighthouses in Maine don't move, ships do.",
)


# --- back to the text ---


def _text_of_span(text, offsets, first, last):
    """The characters between the start of the first token and the end of the last."""
    start, end = offsets[first][0], offsets[last][1]
    return text[start:end]


def _spans(rng):
    """A text cut into tokens of one to four characters, as the pieces of its words."""
    text = TEXTS[rng.integers(len(TEXTS))]
    offsets, position = [], 0
    for word in text.split(" "):
        done = 0
        while done < len(word):
            size = int(rng.integers(1, 5))
            offsets.append((position + done, position + min(done + size, len(word))))
            done += size
        position += len(word) + 1
    first = int(rng.integers(0, len(offsets) // 3))
    return text, offsets, first, int(rng.integers(2 * len(offsets) // 3, len(offsets)))


text_of_span = FunctionExercise(
    "nb01.text_of_span",
    title="Back to the text",
    difficulty=1,
    minutes=3,
    why="A model that marks something in a text answers in tokens; its user wants characters.",
    reference=_text_of_span,
    inputs=_spans,
    compare="equal",
    mistakes=[
        Mistake(
            lambda text, offsets, first, last: "".join(text[a:b] for a, b in offsets[first : last + 1]),
            "You glue the pieces together: the spaces between words belong to no token and are lost. Take one "
            "slice of the text.",
        ),
        Mistake(
            lambda text, offsets, first, last: text[offsets[first][0] : offsets[last - 1][1]],
            "The last token is missing: `last` is included.",
        ),
        Mistake(
            lambda text, offsets, first, last: text[offsets[first][0] : offsets[last][0]],
            "You stop where the last token begins. Stop where it ends.",
        ),
        Mistake(
            lambda text, offsets, first, last: text[first : last + 1],
            "You slice the text by token numbers. The offsets turn token numbers into character numbers.",
        ),
    ],
    hints=[
        "Each offset is a pair (start, end) of character numbers. You need two of these numbers.",
        "The start of token `first` and the end of token `last`: one slice of `text` between them.",
    ],
    explanation="Offsets point into the text as it was typed, before it was lower-cased and before accents "
    "were taken off. So "
    "the way back loses nothing, and what lies between two tokens comes along. Answers of question-answering models and "
    "names found by a tagger are cut out this way.",
    alternatives=[
        lambda text, offsets, first, last: text[min(a for a, _ in offsets[first:]) : max(b for _, b in offsets[: last + 1])],
        tokens.text_of_span,
    ],
    stub="def text_of_span(text, offsets, first, last):\n    # your code here\n    ...",
)


# --- predict the split ---

SMALL_VOCABULARY = ("the", "ther", "##rapist", "##a", "##p", "##i", "##s", "##t", "t", "h", "e", "##h", "##e", "##r")

split_by_hand = ValueExercise(
    "nb01.split_by_hand",
    title="Split a word by hand",
    difficulty=1,
    minutes=3,
    why="Whoever has done it once by hand does not forget which side the greed is on.",
    expected=lambda: subwords.wordpiece("therapist", SMALL_VOCABULARY),
    compare="equal",
    mistakes=[
        Mistake(
            ["the", "##rapist"],
            "These two pieces fit, and they are fewer. But WordPiece takes the longest piece that *begins* the "
            "word, and never "
            "takes it back: is there a longer one than `the`?",
        ),
        Mistake(
            lambda: [piece.removeprefix("##") for piece in subwords.wordpiece("therapist", SMALL_VOCABULARY)],
            "Right letters. A piece that does not begin the word is written with `##`: it is another entry of the vocabulary.",
        ),
        Mistake(
            ["[UNK]"],
            "`[UNK]` is given only when nothing fits. Every letter of this word has an entry of its own.",
        ),
        Mistake(
            ["the", "##r", "##a", "##p", "##i", "##s", "##t"],
            "You began with `the`, but a longer entry begins the word.",
        ),
    ],
    hints=[
        "Try the whole word, then the word without its last letter, and so on, until you meet an entry.",
        "The first piece has four letters. For what is left, look only at entries with `##`.",
    ],
    explanation="Greedy means: the longest first piece wins, whatever it does to the rest. Here it costs four "
    "pieces more than "
    "`the ##rapist`. It is fast, and the same every time; it does not look for the fewest pieces, and it does not know where "
    "a word has its joints.",
    alternatives=[lambda: tuple(subwords.wordpiece("therapist", SMALL_VOCABULARY))],
    stub="my_split = ...",
)


# --- WordPiece ---


def _wordpiece(word, vocabulary):
    """Take the longest piece that fits, again and again; give the whole word up when nothing fits."""
    if len(word) > 100:
        return ["[UNK]"]
    pieces, rest = [], word
    while rest:
        piece = subwords.longest_match(rest, vocabulary, start=not pieces)
        if piece is None:
            return ["[UNK]"]
        rest = rest[len(piece) - 2 if pieces else len(piece) :]
        pieces.append(piece)
    return pieces


def _wordpiece_in_full(word, vocabulary):
    pieces, start = [], 0
    while start < len(word) <= 100:
        for end in range(len(word), start, -1):
            piece = word[start:end] if start == 0 else "##" + word[start:end]
            if piece in vocabulary:
                pieces.append(piece)
                start = end
                break
        else:
            return ["[UNK]"]
    return pieces or ["[UNK]"]


def _forgets_marks(word, vocabulary):
    return [piece.removeprefix("##") for piece in _wordpiece(word, vocabulary)]


def _keeps_beginning(word, vocabulary):
    if len(word) > 100:
        return ["[UNK]"]
    pieces, rest = [], word
    while rest:
        piece = subwords.longest_match(rest, vocabulary, start=not pieces)
        if piece is None:
            return [*pieces, "[UNK]"]
        rest = rest[len(piece) - 2 if pieces else len(piece) :]
        pieces.append(piece)
    return pieces


def _without_limit(word, vocabulary):
    pieces = []
    while word:
        piece = subwords.longest_match(word, vocabulary, start=not pieces)
        if piece is None:
            return ["[UNK]"]
        word = word[len(piece.removeprefix("##")) :]
        pieces.append(piece)
    return pieces


def _shortest_first(word, vocabulary):
    if len(word) > 100:
        return ["[UNK]"]
    pieces, start = [], 0
    while start < len(word):
        ends = range(start + 1, len(word) + 1)
        found = next((end for end in ends if ("##" if start else "") + word[start:end] in vocabulary), None)
        if found is None:
            return ["[UNK]"]
        pieces.append(("##" if start else "") + word[start:found])
        start = found
    return pieces


def _never_starts_anew(word, vocabulary):
    if len(word) > 100:
        return ["[UNK]"]
    pieces = []
    while word:
        piece = subwords.longest_match(word, vocabulary, start=True)
        if piece is None:
            return ["[UNK]"]
        word = word[len(piece) :]
        pieces.append(piece)
    return pieces


def _cuts_the_mark_too(word, vocabulary):
    whole = _wordpiece(word, vocabulary)
    if whole == ["[UNK]"]:
        return whole
    pieces, rest = [], word
    while rest:
        piece = subwords.longest_match(rest, vocabulary, start=not pieces)
        if piece is None:
            return ["[UNK]"]
        rest = rest[len(piece) :]
        pieces.append(piece)
    return pieces


_HARD = cycle(("plain", "split", "unknown inside", "too long", "just short enough"))
_PIECES = "under over light house keeper s ing er ful ness water fall un break able rain bow sun flower".split()


def _words(rng):
    """A word and a vocabulary; five calls in a row meet every difficulty."""
    letters = "abcdefghijklmnopqrstuvwxyz"
    starts = [piece for piece in _PIECES if rng.random() < 0.7]
    insides = ["##" + piece for piece in _PIECES if rng.random() < 0.7]
    vocabulary = {*letters, *("##" + letter for letter in letters), *starts, *insides}
    kind = next(_HARD)
    word = "".join(rng.choice(_PIECES, 1 if kind == "plain" else 3))
    if kind == "split":  # two long pieces that overlap: the walk from the left takes the first, and not the fewest
        vocabulary |= {word[:4], "##" + word[3:]}
    if kind == "unknown inside":
        word = word[:5] + "☃" + word[5:]
    if kind == "too long":
        word = (word * 40)[:101]
    if kind == "just short enough":
        word = (word * 40)[:100]
    return word, vocabulary


wordpiece = FunctionExercise(
    "nb01.wordpiece",
    title="WordPiece",
    difficulty=2,
    minutes=10,
    why="It is the whole algorithm between a word and its ids, and it fits on a postcard.",
    reference=_wordpiece,
    inputs=_words,
    compare="equal",
    mistakes=[
        Mistake(
            _forgets_marks, "The pieces are right but for the marks: keep the `##` of every piece that does not begin the word."
        ),
        Mistake(
            _keeps_beginning,
            "When you get stuck you keep the pieces found so far. WordPiece gives the *whole* word up: the "
            "answer is `['[UNK]']`.",
        ),
        Mistake(
            _cuts_the_mark_too,
            "You cut `len(piece)` characters off the rest, but the `##` of a later piece is not in the word: cut two fewer.",
        ),
        Mistake(_without_limit, "A word of more than 100 characters must give `['[UNK]']`, without any search."),
        Mistake(_shortest_first, "You take the shortest piece that fits. Begin with the longest candidate and shorten it."),
        Mistake(
            _never_starts_anew,
            "After the first piece you still look for entries without `##`. Say `start=False` as soon as there is a piece.",
        ),
    ],
    hints=[
        "Loop while something of the word is left: find the longest match, append it, cut it off the rest.",
        "`longest_match(rest, vocabulary, start=not pieces)` gives a piece or `None`. How many letters does `##ing` take?",
        "Return `['[UNK]']` in two places: before the loop for words over 100 characters, and inside it for `None`.",
    ],
    explanation="Nothing here was learned from meaning: a list of strings and a loop decide the pieces. "
    "Getting stuck costs the "
    "whole word, the known letters included. The limit of 100 keeps the search short.",
    alternatives=[_wordpiece_in_full, subwords.wordpiece],
    stub="def wordpiece(word, vocabulary):\n    # your code here\n    ...",
)


# --- explain a surprise ---

why_unknown = Choice(
    "nb01.why_unknown",
    title="One snowman, two words lost",
    difficulty=2,
    minutes=2,
    why="An [UNK] in your data means that something was thrown away, and it is good to know how much.",
    question="`snow` and `##man` are in the vocabulary of `mini-bert`, and `café` is split without trouble. "
    "Yet `snow☃man` becomes "
    "one single `[UNK]`. Why?",
    choices={
        "a": (
            "The word was not seen in training, and unseen words become [UNK].",
            "Unseen words are split into known pieces: `pancakes` too may never have been seen. Only a *character* can be "
            "missing. Look at what the walk does when it reaches ☃.",
        ),
        "b": (
            "The walk gets stuck at ☃, which has no entry, and then gives the whole word up.",
            "Right. é was turned into e before the walk began; ☃ has no such form and no entry. One stuck "
            "place costs the whole chunk.",
        ),
        "c": (
            "☃ counts as punctuation, and words with punctuation inside become [UNK].",
            "Punctuation is split off before the walk, as in `don ' t`. Had ☃ counted as such, `snow` would have been kept.",
        ),
        "d": (
            "The tokenizer saw that the word means nothing.",
            "The tokenizer knows nothing about meaning: it compares strings. `xqzzt` means nothing either, and is split.",
        ),
    },
    answer="b",
    hints=[
        "Try `tokenizer.tokenize` on `snowman`, on `☃`, on `snow ☃ man`.",
        "Walk through it by hand: after `snow`, which candidates begin with ☃?",
    ],
    explanation="[UNK] does not mean *unknown word*. It means: somewhere in this word stands a character for "
    "which no piece is "
    "left, or the word is too long. Put spaces around emoji and symbols and the words beside them survive.",
    stub="my_choice = ...",
)


# --- padding and mask ---


def _pad_batch(rows, pad_id):
    """Fill every row up to the longest, and note which positions are real."""
    longest = max(len(row) for row in rows)
    ids = [row + [pad_id] * (longest - len(row)) for row in rows]
    mask = [[1] * len(row) + [0] * (longest - len(row)) for row in rows]
    return ids, mask


def _pad_with_tensors(rows, pad_id):
    import torch

    tensors = [torch.tensor(row) for row in rows]
    pad = torch.nn.utils.rnn.pad_sequence
    return pad(tensors, True, pad_id), pad([torch.ones_like(row) for row in tensors], True, 0)


_LONGEST = cycle((0, 1, -1, 1, 1))


def _rows(rng):
    """Three to five rows of different lengths; a padding id that is not 0. The longest is first and last once in five calls."""
    lengths = rng.permutation(range(2, 10))[: rng.integers(3, 6)]
    place, longest = next(_LONGEST), lengths.argmax()
    lengths[[place, longest]] = lengths[[longest, place]]
    return [[2, *rng.integers(10, 90, length).tolist(), 3] for length in lengths], int(rng.integers(5, 9))


def _mask_of(rows, pad_id, change):
    ids, mask = _pad_batch(rows, pad_id)
    return change(ids, mask)


pad_batch = FunctionExercise(
    "nb01.pad_batch",
    title="Pad a batch",
    difficulty=2,
    minutes=5,
    why="Rows of different length become one rectangle here, and the mask is what remembers the difference.",
    reference=_pad_batch,
    inputs=_rows,
    compare="equal",
    mistakes=[
        Mistake(
            lambda rows, pad_id: _pad_batch(rows, 0),
            "You pad with 0. Use `pad_id`: RoBERTa pads with 1, and other models with other ids.",
        ),
        Mistake(
            lambda rows, pad_id: _mask_of(rows, pad_id, lambda ids, mask: (ids, [[1] * len(row) for row in mask])),
            "Your mask is 1 everywhere: the padding would be read and averaged as if it were text.",
        ),
        Mistake(
            lambda rows, pad_id: _mask_of(rows, pad_id, lambda ids, mask: (ids, [[1 - m for m in row] for row in mask])),
            "Your mask is the wrong way round: 1 marks a real token, 0 padding.",
        ),
        Mistake(
            lambda rows, pad_id: (
                [[pad_id] * (max(map(len, rows)) - len(row)) + row for row in rows],
                [[0] * (max(map(len, rows)) - len(row)) + [1] * len(row) for row in rows],
            ),
            "You pad on the left. BERT is padded on the right, so that [CLS] stays at position 0.",
        ),
        Mistake(
            lambda rows, pad_id: ([row[: min(map(len, rows))] for row in rows], [[1] * min(map(len, rows)) for _ in rows]),
            "You cut all rows to the shortest: that throws text away. Fill up to the longest.",
        ),
        Mistake(lambda rows, pad_id: _pad_batch(rows, pad_id)[0], "Return two things: the ids and the mask, in this order."),
    ],
    hints=[
        "How long is the longest row? Every other row lacks that many minus its own length.",
        "`[pad_id] * k` is a list of k paddings; `[1] * len(row) + [0] * k` is the mask of one row.",
    ],
    explanation="Padding is only there because a tensor is a rectangle. The mask has to be used **twice**: by "
    "the model, which "
    "must not attend to padding, and by you, whenever you average over positions.",
    alternatives=[_pad_with_tensors, tokens.pad_batch],
    stub="def pad_batch(rows, pad_id):\n    # your code here\n    ...",
)


# --- truncation ---


def _truncate(ids, limit):
    """Keep the last id, [SEP], and cut what stands before it."""
    if len(ids) <= limit:
        return ids
    return ids[: limit - 1] + ids[-1:]


_LENGTHS = cycle((6, -1, 0, -3, 1))


def _long_rows(rng):
    """Ids and a limit; five calls in a row meet rows over, at and under it."""
    limit = int(rng.integers(5, 12))
    return [2, *rng.choice(range(10, 90), limit + next(_LENGTHS) - 2, replace=False).tolist(), 3], limit


truncate = FunctionExercise(
    "nb01.truncate",
    title="Truncate and keep [SEP]",
    difficulty=1,
    minutes=4,
    why="A hand-made cut that drops [SEP] gives the model an input of a kind that it never saw in training.",
    reference=_truncate,
    inputs=_long_rows,
    compare="equal",
    mistakes=[
        Mistake(lambda ids, limit: ids[:limit], "The plain slice cuts [SEP] off. It must stay, as the last id."),
        Mistake(
            lambda ids, limit: ids if len(ids) <= limit else ids[:limit] + ids[-1:],
            "One too long: [SEP] counts too. Make room for it.",
        ),
        Mistake(
            lambda ids, limit: ids if len(ids) <= limit else ids[:1] + ids[1 - limit :],
            "You keep the end of the text and cut its beginning. The tokenizer keeps the beginning "
            "(`truncation_side` changes it).",
        ),
        Mistake(
            lambda ids, limit: ids[: limit - 1] + ids[-1:],
            "A row that is short enough must come back as it is; yours gets a second [SEP].",
        ),
    ],
    hints=[
        "Two cases: a row that fits is returned unchanged.",
        "From a longer row take the first `limit - 1` ids, and behind them the last one.",
    ],
    explanation="`tokenizer(text, truncation=True, max_length=limit)` does the same: it cuts the text first "
    "and wraps it in special "
    "tokens afterwards. Nothing tells you that a text was cut, so count it before you embed a collection.",
    alternatives=[tokens.truncate, lambda ids, limit: [*ids[:-1][: limit - 1], ids[-1]]],
    stub="def truncate(ids, limit):\n    # your code here\n    ...",
)


# --- stretch: learn the merges ---


def _learn_merges(counts, merges):
    """Merge the most frequent pair of neighbours, again and again; ties go to the alphabet."""
    words = {word: [word[0], *("##" + letter for letter in word[1:])] for word in counts}
    learned = []
    for _ in range(merges):
        pairs = Counter()
        for word, pieces in words.items():
            for pair in pairwise(pieces):
                pairs[pair] += counts[word]
        a, b = min(pairs, key=lambda pair: (-pairs[pair], pair))
        learned.append(a + b[2:])
        for pieces in words.values():
            i = 0
            while i < len(pieces) - 1:
                if (pieces[i], pieces[i + 1]) == (a, b):
                    pieces[i : i + 2] = [a + b[2:]]
                i += 1
    return learned


def _ignores_counts(counts, merges):
    return _learn_merges(dict.fromkeys(counts, 1), merges)


def _without_merging(counts, merges):
    pairs = Counter()
    for word, count in counts.items():
        for pair in pairwise([word[0], *("##" + letter for letter in word[1:])]):
            pairs[pair] += count
    ranked = sorted(pairs, key=lambda pair: (-pairs[pair], pair))
    return [a + b[2:] for a, b in ranked[:merges]]


def _marks_kept_inside(counts, merges):
    return [piece[:2] + piece[2:3] + "##" + piece[3:] if piece.startswith("##") else piece[:1] + "##" + piece[1:]
            for piece in _learn_merges(counts, merges)]  # fmt: skip


def _ratio_scored(counts, merges):
    words = {word: [word[0], *("##" + letter for letter in word[1:])] for word in counts}
    learned = []
    for _ in range(merges):
        pairs, single = Counter(), Counter()
        for word, pieces in words.items():
            for piece in pieces:
                single[piece] += counts[word]
            for pair in pairwise(pieces):
                pairs[pair] += counts[word]
        a, b = min(pairs, key=lambda pair: (-pairs[pair] / (single[pair[0]] * single[pair[1]]), pair))
        learned.append(a + b[2:])
        words = {word: subwords._merged(pieces, (a, b)) for word, pieces in words.items()}
    return learned


_STEMS = "the then they there water later winter hunter hunting painting paint rain train trains running".split()


def _counted_words(rng):
    chosen = rng.choice(_STEMS, 9, replace=False)
    return {str(word): int(rng.integers(1, 30)) for word in chosen}, 6


learn_merges = FunctionExercise(
    "nb01.learn_merges",
    title="Learn the merges (stretch)",
    difficulty=3,
    minutes=15,
    why="Twenty lines turn a word count into a vocabulary, and the vocabulary decides what a model can see.",
    reference=_learn_merges,
    inputs=_counted_words,
    compare="equal",
    mistakes=[
        Mistake(_ignores_counts, "You count every word once. A pair in a word that occurs 20 times counts 20 times."),
        Mistake(
            _without_merging,
            "You rank the pairs of the first round. After each merge the words look different: merge, then count anew.",
        ),
        Mistake(
            _marks_kept_inside,
            "The right merges. In the joined piece only the mark of its *first* part stays: `##e` and `##r` give `##er`.",
        ),
        Mistake(
            _ratio_scored,
            "You divide by the counts of the two parts. That is another criterion (the one that the Hugging Face course "
            "describes for WordPiece); here the plain count of the pair decides.",
        ),
    ],
    hints=[
        "Keep each word as a list of pieces. Each round: count the pairs, choose one, join it in every word.",
        "`min(pairs, key=lambda pair: (-pairs[pair], pair))` takes the most frequent, and of equals the first in the alphabet.",
        "Joining: walk through the pieces; where two neighbours are the pair, put `a + b[2:]` in their place.",
    ],
    explanation="This is byte-pair encoding (Sennrich et al. 2016, arXiv 1508.07909) with BERT's marks, and "
    "what the library's "
    "WordPiece trainer does, except for ties and speed.",
    alternatives=[subwords.learn_merges],
    stub="def learn_merges(counts, merges):\n    # your code here\n    ...",
)


# --- predictions and quiz ---

KINDS = ("everyday", "reviews", "passages", "names", "chemistry", "code", "German", "emoji")

pieces = Prediction(
    "nb01.pieces", question="How many tokens will the sentence have, special tokens included?", low=1, high=60, digits=0
)
most_split = Prediction("nb01.most_split", question="Which kind of text needs the most tokens a word?", options=KINDS)
learned = Prediction("nb01.learned", question="Tokens per word of new sentences with 1,600 learned pieces?", low=1, high=6)
worse_bug = Prediction(
    "nb01.worse_bug",
    question="Which forgotten mask moves the mean further, at 16 paddings?",
    options=("mean forgets", "model forgets"),
)
overlap = Prediction("nb01.overlap", question="Spearman of token overlap with the score, on the main part?", low=-1, high=1)

quiz = Quiz(
    "nb01.quiz",
    [
        Question(
            "What does [UNK] in a WordPiece output tell you?",
            {
                "a": (
                    "The word was not in the training text.",
                    "Words that were never seen are split into pieces; they need no [UNK].",
                ),
                "b": (
                    "The word has no meaning.",
                    "Nothing in a tokenizer looks at meaning. A nonsense word of plain letters is split.",
                ),
                "c": (
                    "Somewhere in the word no piece fits, or the word is too long.",
                    "Right: and the whole word is lost, its known part included.",
                ),
            },
            answer="c",
        ),
        Question(
            "Emoji messages have a low fertility under WordPiece. Is that good news?",
            {
                "a": (
                    "No: many of their words may be lost, and fertility does not show it.",
                    "Right. A lost emoji costs one token, as much as a word known whole. Read fertility beside the share of "
                    "lost words.",
                ),
                "b": (
                    "Yes: fewer tokens say that the vocabulary knows emoji well.",
                    "The opposite: it has no entry for them, so they all become the same [UNK].",
                ),
                "c": ("It means nothing: fertility counts characters.", "Fertility counts tokens per word."),
            },
            answer="a",
        ),
        Question(
            "You pass the attention mask to the model and then average with `hidden.mean(1)`. What happens?",
            {
                "a": (
                    "Nothing: the model has already ignored the padding.",
                    "It ignored padding as something to attend *to*. It still writes a vector at every padded position.",
                ),
                "b": (
                    "The vector of a sentence depends on how long its neighbours in the batch are.",
                    "Right: the padded positions have vectors too, and they go into your average.",
                ),
                "c": ("An error: the shapes do not fit.", "The shapes fit, which is why this bug lives so long."),
            },
            answer="b",
        ),
        Question(
            "Two sentences have a token overlap (Jaccard) of 1. What follows for their meaning?",
            {
                "a": ("It is the same.", "*Dogs chase cats* and *cats chase dogs* have an overlap of 1, too."),
                "b": (
                    "It is similar in most cases, whatever the data.",
                    "It depends on the pairs: over the four hard strata together, overlap is not shown to rank better "
                    "than chance.",
                ),
                "c": (
                    "Nothing certain: order, repetitions, and what the tokenizer threw away may differ.",
                    "Right. *dogs chase cats* and *cats chase dogs* overlap fully; on `mini-bert`, `US` and `us` do as well.",
                ),
            },
            answer="c",
        ),
    ],
)
