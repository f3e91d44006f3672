"""Search by meaning: rankings and their figures, and an index of texts that can be searched, saved and loaded."""

from __future__ import annotations

import hashlib
import html
import json
from collections.abc import Collection, Hashable, Iterable, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from course_utils import arguments, model_arguments
from course_utils.embedding import check_texts
from course_utils.large import embed_collection, exact_search, known_pooling
from course_utils.writing import explained, replacing

FORMAT = 1
FILES = ("vectors.safetensors", "texts.json")


def recall_at(found: Sequence, right: Collection, k: int) -> float:
    """Share of the ``right`` passages that stand among the first ``k`` of ``found`` (best first).

    Raises:
        TypeError: ``found`` or ``right`` is no collection of passages, or ``k`` is not a whole number.
        ValueError: nothing is right, or ``k`` is below 1.

    >>> recall_at(["p3", "p1", "p7"], {"p1", "p9"}, k=2)
    0.5
    """
    found, right = _passages(found, "found"), _passages(right, "right")
    if not right or arguments.whole(k, "k") < 1:
        raise ValueError("Recall needs at least one right passage, and k from 1.")
    return len(set(found[:k]) & set(right)) / len(set(right))


def reciprocal_rank(found: Sequence, right: Collection) -> float:
    """1 over the place (1 is first) of the first ``right`` passage in ``found``; 0 if there is none.

    The mean over questions is the MRR. Source: Voorhees 1999, the TREC-8 question answering track.

    Raises:
        TypeError: ``found`` or ``right`` is no collection of passages.

    >>> reciprocal_rank(["p3", "p1", "p7"], {"p7", "p1"})
    0.5
    """
    found, right = _passages(found, "found"), _passages(right, "right")
    return next((1 / place for place, passage in enumerate(found, 1) if passage in right), 0.0)


def fuse_rankings(rankings: Iterable[Sequence], k: int = 60) -> list:
    """One ranking from several (best first): each passage scores the sum of 1 / (k + its place) over the rankings it is in.

    Equal scores keep the order in which they were first met. Source: Cormack, Clarke & Büttcher 2009 (SIGIR),
    reciprocal rank fusion, with their k of 60.

    Raises:
        TypeError: ``rankings`` is no collection of rankings, or ``k`` no number.
        ValueError: ``k`` is below 0.

    >>> fuse_rankings([["a", "b", "c"], ["b", "c", "a"]])
    ['b', 'a', 'c']
    """
    arguments.real(k, "k", 0)
    scores: dict = {}
    for ranking in (_passages(ranking, "rankings") for ranking in arguments.items(rankings, "rankings", "rankings")):
        for place, passage in enumerate(ranking, 1):
            scores[passage] = scores.get(passage, 0.0) + 1 / (k + place)
    return sorted(scores, key=lambda passage: -scores[passage])


def _passages(value, name: str) -> list:
    """A list of what can be looked up: names or numbers of passages.

    Raises:
        TypeError: it is none.
    """
    if hasattr(value, "detach") or isinstance(value, np.ndarray):
        value = value.tolist()  # so that equal numbers are one passage
    if isinstance(value, (set, frozenset, dict)):
        value = list(value)
    value = arguments.items(value, name, "passages")
    if not all(isinstance(passage, Hashable) and passage == passage for passage in value):
        raise TypeError(f"{name} must hold names or numbers of passages, not {arguments.shown(value[0])}.")
    return value


class Hit(NamedTuple):
    """One result: its place (1 is first), its cosine with the query, its row in the index and its text."""

    place: int
    cosine: float
    row: int
    text: str


class Hits(list):
    """The results of one query, best first: a list of ``Hit`` that shows itself as a table, its texts escaped."""

    def __repr__(self) -> str:
        return "\n".join(f"{hit.place:2d}  {hit.cosine:.2f}  {_printable(hit.text)}" for hit in self)

    def _repr_html_(self) -> str:
        rows = "".join(
            f"<tr><td>{hit.place}</td><td>{hit.cosine:.2f}</td>"
            f'<td style="text-align:left">{html.escape(_printable(hit.text))}</td></tr>'
            for hit in self
        )
        head = '<tr><th></th><th>cosine</th><th style="text-align:left">text</th></tr>'
        return f'<table class="tex2jax_ignore mathjax_ignore">{head}{rows}</table>'


def _printable(text: str) -> str:
    """``text`` on one line, without control characters and marks that reverse the direction of writing."""
    return " ".join("".join(c if c.isprintable() else " " for c in text).split())


def model_checksum(encoder) -> str:
    """SHA-256 of an encoder's weights and vocabulary: equal for equal vectors, whatever the model is called.

    The precision of the weights counts: a copy in bfloat16 is another model.

    Raises:
        TypeError: ``encoder`` is none.
    """
    import torch

    model_arguments.encoder(encoder)
    digest = hashlib.sha256()
    for name, tensor in sorted(encoder.model.state_dict().items()):
        digest.update(f"{name} {tensor.dtype} {tuple(tensor.shape)}".encode())
        digest.update(tensor.detach().cpu().contiguous().flatten().view(torch.uint8).numpy().tobytes())
    digest.update(json.dumps(sorted(encoder.tokenizer.get_vocab().items())).encode())
    return digest.hexdigest()


@dataclass(frozen=True)
class SearchIndex:
    """Texts with their vectors, to be searched by cosine.

    Attributes:
        texts: as they were given, in order.
        vectors: (n, dim), each of length 1.
        encoder: the ``Encoder`` that made them and that queries go through.
        pooling: how it pools.
        checksum: of the encoder, from ``model_checksum``.
    """

    texts: list[str] = field(repr=False)
    vectors: np.ndarray = field(repr=False)
    encoder: Any
    pooling: str
    checksum: str

    @classmethod
    def build(cls, texts: Iterable[str], encoder, pooling: str | None = None, precision: str = "float16") -> SearchIndex:
        """Embed ``texts`` and keep their vectors; a progress bar appears when it takes longer than a few seconds.

        Args:
            texts: from ``read_texts``, or any strings.
            encoder: from ``load_encoder``.
            pooling: the one the encoder was trained with, if left out.
            precision: of the stored vectors, ``"float16"`` or ``"float32"``.

        Raises:
            TypeError: as in ``embed``.
            ValueError: no texts, a pooling that is neither given nor known, or no such precision.

        >>> import course_utils as cu
        >>> index = SearchIndex.build(["Tea or coffee?", "The ferry leaves at dawn."], cu.load_encoder("mini-bert"), "mean")
        >>> [hit.text for hit in index.search("the ferry leaves", k=1)]
        ['The ferry leaves at dawn.']
        """
        texts = check_texts(texts)
        if not texts:
            raise ValueError("There is no text to index: texts is empty.")
        pooling = known_pooling(encoder, pooling)
        vectors = embed_collection(texts, encoder, pooling, precision)
        return cls(texts, vectors, encoder, pooling, model_checksum(encoder))

    def __len__(self) -> int:
        return len(self.texts)

    def search(self, query: str, k: int = 5) -> Hits:
        """The ``k`` texts whose vectors have the greatest cosine with the query's, best first.

        Raises:
            TypeError: the query is not a string, or ``k`` is not a whole number.
            ValueError: ``k`` is below 1, or the query holds a lone surrogate.
        """
        if not isinstance(query, str):
            raise TypeError(f"A query is one str, not {type(query).__name__}.")
        query, k = arguments.text(query, "query"), arguments.whole(k, "k")
        vector = embed_collection([query], self.encoder, self.pooling, "float32")
        rows, cosines = exact_search(vector, self.vectors, k)
        pairs = enumerate(zip(rows[0], cosines[0], strict=True), 1)
        return Hits(Hit(place, float(cosine), int(row), self.texts[row]) for place, (row, cosine) in pairs)

    def save(self, folder: str | Path) -> Path:
        """Write the index into ``folder`` (made if it is not there) and return it.

        Three files: ``vectors.safetensors``, ``texts.json``, and ``index.json`` with the model's name and checksum, the pooling
        and the checksums of the other two. None of them can run code when it is loaded.

        Raises:
            TypeError: ``folder`` is no path.
            CannotWriteError: it cannot be written there (an ``OSError``). An index that was there before still loads.
        """
        from safetensors.numpy import save_file

        folder = arguments.path(folder, "folder")
        about = {
            "format": FORMAT,
            "model": self.encoder.name,
            "model_checksum": self.checksum,
            "pooling": self.pooling,
        }
        with explained("The index", folder, "Free some space there, or give another folder."):
            folder.mkdir(parents=True, exist_ok=True)
            paths = [folder / name for name in (*FILES, "index.json")]
            with ExitStack() as stack:  # all are written before one is replaced
                vectors, texts, listing = (stack.enter_context(replacing(path)) for path in paths)
                save_file({"vectors": np.ascontiguousarray(self.vectors)}, str(vectors))
                texts.write_text(json.dumps(self.texts, ensure_ascii=False), encoding="utf-8")
                about["files"] = dict(zip(FILES, map(_sha256, (vectors, texts)), strict=True))
                listing.write_text(json.dumps(about, indent=1), encoding="utf-8")
        return folder

    @classmethod
    def load(cls, folder: str | Path, encoder) -> SearchIndex:
        """Read an index that ``save`` wrote.

        Args:
            encoder: the one that made it; queries must go through the same.

        Raises:
            TypeError: ``folder`` is no path, or ``encoder`` is none.
            ValueError: there is no index, it is damaged, it was written in another format, or by another model.
        """
        from safetensors.numpy import load_file

        folder, encoder = arguments.path(folder, "folder"), model_arguments.encoder(encoder)
        try:
            about = json.loads((folder / "index.json").read_text(encoding="utf-8"))
            version, model, checksum, pooling, files = (
                about[key] for key in ("format", "model", "model_checksum", "pooling", "files")
            )
            files = {name: files[name] for name in FILES}
        except (FileNotFoundError, NotADirectoryError):
            raise ValueError(f"folder: No index in {folder}: index.json is missing. SearchIndex.save writes one.") from None
        except (OSError, ValueError, KeyError, TypeError):
            raise ValueError(f"folder: {folder / 'index.json'} cannot be read as an index. Build it anew.") from None
        if version != FORMAT:
            raise ValueError(f"{folder} holds an index of format {version!r}; this version reads {FORMAT}. Build it anew.")
        if checksum != model_checksum(encoder):
            raise ValueError(
                f"This index was made by another model ({model}, {pooling}), not by this {encoder.name}: its vectors and yours "
                "cannot be compared. Load the index with the model that made it, or build it anew."
            )
        for name, digest in files.items():
            if not (folder / name).is_file() or _sha256(folder / name) != digest:
                raise ValueError(f"{folder / name} is missing or damaged. Build the index anew.")
        texts = json.loads((folder / FILES[1]).read_text(encoding="utf-8"))
        return cls(texts, load_file(str(folder / FILES[0]))["vectors"], encoder, pooling, checksum)


def _sha256(path: Path) -> str:
    from course_utils.checksums import sha256

    return sha256(path)
