"""Text in, token arrays out: the corpus as three flat arrays that every later step indexes.

The input is plain text, one sentence a line; a line ``# Title`` opens a document and a blank line
ends it. Files may be plain, ``.gz`` or ``.xz``.
"""

from __future__ import annotations

import gzip
import hashlib
import json
import lzma
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

_OPENERS = {".gz": gzip.open, ".xz": lzma.open}


def read_documents(paths: Sequence[str | Path], skip_titles: Sequence[str] = ()) -> Iterator[tuple[str, list[str]]]:
    """Yield ``(title, sentences)`` for each document of the files, in order.

    ``skip_titles`` are beginnings of titles to leave out.

    Raises:
        FileNotFoundError: a path does not exist.
        ValueError: a file holds no document at all.

    >>> import tempfile, pathlib
    >>> path = pathlib.Path(tempfile.mkdtemp()) / "text.txt"
    >>> _ = path.write_text("# Tea\\nTea is a drink.\\nIt is served hot.\\n\\n# Ink\\nInk is a liquid.\\n")
    >>> list(read_documents([path], skip_titles=["Ink"]))
    [('Tea', ['Tea is a drink.', 'It is served hot.'])]
    """
    for path in map(Path, paths):
        if not path.is_file():
            raise FileNotFoundError(f"No corpus file at {path}. Pass text files, one sentence a line.")
        found = False
        with _OPENERS.get(path.suffix, open)(path, "rt", encoding="utf-8") as lines:
            title, sentences = "", []
            for line in [*lines, ""]:
                line = line.strip()
                if line.startswith("# ") or not line:
                    if sentences and not title.startswith(tuple(skip_titles)):
                        found = True
                        yield title, sentences
                    title, sentences = line[2:], []
                else:
                    sentences.append(line)
        if not found:
            raise ValueError(f"{path} holds no document: expected '# Title', one sentence a line, then a blank line.")


@dataclass(frozen=True)
class TokenizedCorpus:
    """A corpus as flat arrays.

    Attributes:
        tokens: (all tokens,) uint16 ids without special tokens.
        sentences: (sentences + 1,) int64 offsets into ``tokens``.
        documents: (documents + 1,) int64 offsets into ``sentences``.
    """

    tokens: np.ndarray
    sentences: np.ndarray
    documents: np.ndarray

    def save(self, folder: Path) -> None:
        """Write the three arrays into ``folder`` as ``.npy`` files."""
        folder.mkdir(parents=True, exist_ok=True)
        for name in ("tokens", "sentences", "documents"):
            np.save(folder / f"{name}.npy", getattr(self, name))

    @classmethod
    def load(cls, folder: Path) -> TokenizedCorpus:
        """Map the arrays of ``folder`` into memory (tokens stay on disk until they are read)."""
        arrays = {name: np.load(folder / f"{name}.npy", mmap_mode="r") for name in ("tokens", "sentences", "documents")}
        return cls(**arrays)

    @property
    def document_of_sentence(self) -> np.ndarray:
        """(sentences,) int64: which document each sentence belongs to."""
        return np.repeat(np.arange(len(self.documents) - 1), np.diff(self.documents))


def tokenize_documents(documents: Iterator[list[str]], tokenizer, batch_size: int = 512) -> TokenizedCorpus:
    """Encode documents (lists of sentences) with a ``tokenizers.Tokenizer``, without special tokens.

    Empty sentences are dropped, and so are documents that end up empty.
    """
    tokens, sentence_lengths, document_lengths = [], [], []

    def flush(batch: list[list[str]]) -> None:
        encoded = iter(tokenizer.encode_batch_fast([s for sentences in batch for s in sentences], add_special_tokens=False))
        for sentences in batch:
            rows = [ids for ids in (next(encoded).ids for _ in sentences) if ids]
            tokens.extend(np.array(ids, dtype=np.uint16) for ids in rows)
            sentence_lengths.extend(map(len, rows))
            if rows:
                document_lengths.append(len(rows))

    batch = []
    for sentences in documents:
        batch.append(sentences)
        if len(batch) == batch_size:
            flush(batch)
            batch = []
    flush(batch)
    if not document_lengths:
        raise ValueError("The corpus holds no text after tokenization.")
    return TokenizedCorpus(
        tokens=np.concatenate(tokens),
        sentences=np.concatenate([[0], np.cumsum(sentence_lengths)]).astype(np.int64),
        documents=np.concatenate([[0], np.cumsum(document_lengths)]).astype(np.int64),
    )


def prepare(
    paths: Sequence[str | Path],
    folder: Path,
    vocabulary_size: int,
    held_out: float = 0.01,
    skip_titles: Sequence[str] = (),
    report=print,
) -> None:
    """Train the vocabulary and write ``tokenizer/``, ``train/`` and ``held_out/`` into ``folder``.

    A share ``held_out`` of the documents, chosen by a hash of title and first sentence so that it does not
    depend on their order, is kept for measuring. A folder prepared with the same settings is used as it is;
    with other settings it is an error, so that two runs that should share their data do.

    Raises:
        ValueError: the folder was prepared from other files or with another vocabulary size.
    """
    from course_utils.pretraining.vocabulary import save_tokenizer, train_vocabulary

    settings = {
        "files": {Path(p).name: Path(p).stat().st_size if Path(p).is_file() else None for p in paths},
        "vocabulary_size": vocabulary_size,
        "held_out": held_out,
        "skip_titles": sorted(skip_titles),
    }
    done = folder / "prepared.json"
    if done.is_file():
        found = json.loads(done.read_text(encoding="utf-8"))["settings"]
        if found != settings:
            raise ValueError(f"{folder} was prepared with {found}, not {settings}. Choose another --data folder.")
        return

    report("training the vocabulary")
    tokenizer = train_vocabulary((s for _, doc in read_documents(paths, skip_titles) for s in doc), vocabulary_size)
    save_tokenizer(tokenizer, folder / "tokenizer")

    def is_held_out(title: str, sentences: list[str]) -> bool:
        digest = hashlib.blake2b(f"{title}\n{sentences[0]}".encode(), digest_size=8).digest()
        return int.from_bytes(digest, "big") < held_out * 2**64

    counts = {}
    for name, wanted in (("train", False), ("held_out", True)):
        report(f"encoding the {name} documents")
        chosen = (doc for title, doc in read_documents(paths, skip_titles) if is_held_out(title, doc) == wanted)
        corpus = tokenize_documents(chosen, tokenizer)
        corpus.save(folder / name)
        counts[name] = {
            "documents": len(corpus.documents) - 1,
            "sentences": len(corpus.sentences) - 1,
            "tokens": len(corpus.tokens),
        }
    done.write_text(json.dumps({"settings": settings, "counts": counts}, indent=2), encoding="utf-8")
