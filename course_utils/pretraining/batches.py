"""What the model sees at each step: a pure function of (corpus, plan, step).

Nothing is remembered between steps, so a run that was killed continues with exactly the batches that it
would have seen, and two models trained from one plan see the same text in the same order.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from course_utils.pretraining.corpus import TokenizedCorpus

PAD, UNK, CLS, SEP, MASK = range(5)
FIRST_WORD = 5  # ids below are special tokens: never selected for MLM, never put in as a random word
IGNORE = -100
SHORTEST_SEGMENT = 6  # tokens


@dataclass(frozen=True)
class Phase:
    """``steps`` batches of ``batch_size`` rows of ``length`` tokens."""

    steps: int
    length: int
    batch_size: int

    @property
    def tokens(self) -> int:
        """Positions seen in this phase, padding included."""
        return self.steps * self.length * self.batch_size


@dataclass(frozen=True)
class Plan:
    """Which batches a run sees.

    Attributes:
        phases: the run in order (BERT: most of it short, the end long).
        seed: of the data order and of the masking.
        mlm_rate: share of the tokens selected for MLM (BERT: 0.15).
        padded_rate: share of the batches that hold short pairs and single segments with padding.
    """

    phases: tuple[Phase, ...]
    seed: int
    mlm_rate: float = 0.2
    padded_rate: float = 0.1

    @property
    def steps(self) -> int:
        """Steps of all phases."""
        return sum(phase.steps for phase in self.phases)

    def phase_of(self, step: int) -> Phase:
        """The phase that ``step`` falls into.

        Raises:
            IndexError: the plan has no such step.
        """
        for phase in self.phases:
            if step < phase.steps:
                return phase
            step -= phase.steps
        raise IndexError("step beyond the plan")


def make_plan(
    tokens: int, seed: int, batch_tokens: int = 8192, lengths: Sequence[int] = (64, 128), last_share: float = 0.1, **rates
) -> Plan:
    """A plan of about ``tokens`` positions: the first of ``lengths``, then the second, if there is one, for the ``last_share``.

    >>> make_plan(81920, seed=0).phases
    (Phase(steps=9, length=64, batch_size=128), Phase(steps=1, length=128, batch_size=64))

    Raises:
        ValueError: neither one nor two lengths.
    """
    if len(lengths) not in (1, 2):
        raise ValueError(f"A plan takes one or two lengths, not {len(lengths)}.")
    steps = max(len(lengths), round(tokens / batch_tokens))
    last = max(1, round(steps * last_share)) if len(lengths) == 2 else 0
    phases = [Phase(n, length, batch_tokens // length) for n, length in zip((steps - last, last), lengths, strict=False)]
    return Plan(tuple(phases), seed, **rates)


class BatchMaker:
    """Makes the batches of a plan from a corpus. ``maker[step]`` is a dict of numpy arrays.

    ======================  =======================  ====================================================
    ``input_ids``           (batch, length)          with 80/10/10 applied
    ``token_type_ids``      (batch, length)          0 for [CLS] A [SEP], 1 for B [SEP], 0 on padding
    ``attention_mask``      (batch, length) or absent  absent where nothing is padded
    ``masked_positions``    (selected,)              into the flattened (batch * length) positions
    ``masked_labels``       (selected,)              the original ids; -100 fills up to a fixed number
    ``next_sentence_label`` (batch,)                 0 = B follows A, 1 = B from elsewhere, -100 = no B
    ======================  =======================  ====================================================

    The labels of NSP are those of ``transformers.BertForPreTraining``.

    Raises:
        ValueError: the corpus has fewer than two documents long enough for the plan.
    """

    def __init__(self, corpus: TokenizedCorpus, plan: Plan, vocabulary_size: int):
        self.corpus, self.plan, self.vocabulary_size = corpus, plan, vocabulary_size
        self._document = corpus.document_of_sentence
        self._document_end = corpus.sentences[corpus.documents[1:]][self._document]  # (sentences,) token offset
        self._left = self._document_end - corpus.sentences[:-1]  # tokens from a sentence to the end of its document
        lengths = {phase.length for phase in plan.phases}
        self._windows = {length: self._find_windows(length) for length in lengths}
        # A true second segment never opens a document, so a random one must not either: it would give the label away.
        inside = np.ones(len(self._left), dtype=bool)
        inside[corpus.documents[:-1]] = False
        self._seconds = {length: np.flatnonzero(inside & (self._left >= length - 3)) for length in lengths}
        for length, windows in self._windows.items():
            if len(windows) == 0 or len(np.unique(self._document[self._seconds[length]])) < 2:
                raise ValueError(
                    f"{len(corpus.documents) - 1} documents are too few or too short: two must fill {length} tokens "
                    "with several sentences. Give more text, or keep a larger share of it where the held-out part is meant."
                )
        self._order_cache: tuple[tuple[int, int], np.ndarray] | None = None

    def __len__(self) -> int:
        return self.plan.steps

    def __getitem__(self, step: int) -> dict[str, np.ndarray]:
        rng = np.random.default_rng([self.plan.seed, 1, step])
        phase = self.plan.phase_of(step)
        if rng.random() < self.plan.padded_rate:
            rows = [self._short_row(rng, phase.length) for _ in range(phase.batch_size)]
        else:
            rows = [self._pair(rng, window, phase.length) for window in self._windows_of_step(step, phase)]
        return self._collate(rng, rows, phase.length)

    def _find_windows(self, length: int) -> np.ndarray:
        """Sentences that begin a run which fills ``length`` and has a sentence boundary inside; about a run apart."""
        room = length - 3
        offsets = self.corpus.sentences
        first = np.diff(offsets)
        usable = (self._left >= room) & (first <= room - SHORTEST_SEGMENT)
        usable[self.corpus.documents[1:] - 1] = False  # a last sentence has nothing after it
        windows, next_free = [], 0
        for sentence in np.flatnonzero(usable):
            if offsets[sentence] >= next_free:
                windows.append(sentence)
                next_free = offsets[sentence] + room
        return np.array(windows, dtype=np.int64)

    def _windows_of_step(self, step: int, phase: Phase) -> np.ndarray:
        """The windows of a step: every window once, in a new order each time round."""
        windows = self._windows[phase.length]
        places = step * phase.batch_size + np.arange(phase.batch_size)
        rounds = places // len(windows)
        return np.concatenate(
            [windows[self._order(phase.length, r)[places[rounds == r] % len(windows)]] for r in np.unique(rounds)]
        )

    def _order(self, length: int, round_: int) -> np.ndarray:
        key = (length, round_)
        if self._order_cache is None or self._order_cache[0] != key:
            rng = np.random.default_rng([self.plan.seed, 2, length, round_])
            self._order_cache = (key, rng.permutation(len(self._windows[length])))
        return self._order_cache[1]

    def _pair(self, rng, sentence: int, length: int) -> tuple[np.ndarray, np.ndarray, int]:
        """(A, B, label) that fill ``length`` exactly; A ends where a sentence does."""
        room = length - 3
        offsets, tokens = self.corpus.sentences, self.corpus.tokens
        start, end = offsets[sentence], self._document_end[sentence]
        boundaries = offsets[sentence + 1 : sentence + 1 + room]
        fits = (boundaries >= start + SHORTEST_SEGMENT) & (boundaries <= start + room - SHORTEST_SEGMENT) & (boundaries < end)
        choices = boundaries[fits]
        cut = int(rng.choice(choices)) if len(choices) else int(boundaries[0])
        a = tokens[start:cut]
        label = int(rng.random() < 0.5)
        begin = int(offsets[self._elsewhere(rng, sentence, length)]) if label else cut
        return a, tokens[begin : begin + room - len(a)], label

    def _elsewhere(self, rng, sentence: int, length: int) -> int:
        """A sentence inside another document, with enough text after it."""
        seconds = self._seconds[length]
        while True:
            other = int(seconds[rng.integers(len(seconds))])
            if self._document[other] != self._document[sentence]:
                return other

    def _short_row(self, rng, length: int) -> tuple[np.ndarray, np.ndarray | None, int]:
        """A pair cut to a random shorter length, or one or two sentences alone."""
        windows = self._windows[length]
        sentence = int(windows[rng.integers(len(windows))])
        if rng.random() < 0.5:
            offsets = self.corpus.sentences
            end = offsets[min(sentence + int(rng.integers(1, 3)), self.corpus.documents[self._document[sentence] + 1])]
            return self.corpus.tokens[offsets[sentence] : end][: length - 2], None, IGNORE
        shorter = int(rng.integers(2 * SHORTEST_SEGMENT + 3, length + 1)) - 3
        a, b, label = self._pair(rng, sentence, length)
        while len(a) + len(b) > shorter:  # the longer one loses its end
            a, b = (a[:-1], b) if len(a) > len(b) else (a, b[:-1])
        return a, b, label

    def _collate(self, rng, rows, length: int) -> dict[str, np.ndarray]:
        ids = np.full((len(rows), length), PAD, dtype=np.int64)
        types = np.zeros_like(ids)
        mask = np.zeros_like(ids)
        for i, (a, b, _) in enumerate(rows):
            row = [CLS, *a, SEP] if b is None else [CLS, *a, SEP, *b, SEP]
            ids[i, : len(row)] = row
            types[i, len(a) + 2 : len(row)] = 1
            mask[i, : len(row)] = 1

        selected = int(self.plan.mlm_rate * len(rows) * (length - 3))  # the same in every batch: static shapes
        eligible = np.flatnonzero(ids.ravel() >= FIRST_WORD)
        wanted = min(selected, int(self.plan.mlm_rate * len(eligible)))
        positions = rng.permutation(eligible)[:wanted]
        flat = ids.ravel()  # a view: writing into it writes into ids
        labels = flat[positions].copy()
        draw = rng.random(wanted)
        flat[positions[draw < 0.8]] = MASK
        random_ones = positions[(draw >= 0.8) & (draw < 0.9)]
        flat[random_ones] = rng.integers(FIRST_WORD, self.vocabulary_size, len(random_ones))

        batch = {
            "input_ids": ids,
            "token_type_ids": types,
            "masked_positions": np.pad(positions, (0, selected - wanted)),
            "masked_labels": np.pad(labels, (0, selected - wanted), constant_values=IGNORE),
            "next_sentence_label": np.array([label for _, _, label in rows], dtype=np.int64),
        }
        if not mask.all():
            batch["attention_mask"] = mask
        return batch
