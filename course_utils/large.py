"""Large collections: batches by length, half precision, several devices, exact and approximate search."""

from __future__ import annotations

import os
import tempfile
import time
from collections.abc import Iterable, Sequence

import numpy as np

from course_utils.embedding import check_texts, embed

CHUNK = 2048  # texts embedded before their vectors are cast and stored
BLOCK = 16384  # stored vectors compared with the queries at a time
PRECISIONS = ("float16", "float32")


def padding_share(lengths: Sequence[int], batch_size: int, by_length: bool = False) -> float:
    """Share of all positions that are padding when texts of ``lengths`` tokens are padded batch by batch to their longest.

    Args:
        by_length: sort them by length first.

    Raises:
        ValueError: there is no text, or a batch size below 1.

    >>> padding_share([2, 8, 2, 8], batch_size=2)
    0.375
    >>> padding_share([2, 8, 2, 8], batch_size=2, by_length=True)
    0.0
    """
    lengths = np.asarray(lengths)
    if len(lengths) == 0 or batch_size < 1:
        raise ValueError("The share of padding needs at least one text, and a batch size from 1.")
    if by_length:
        lengths = np.sort(lengths)
    batches = [lengths[i : i + batch_size] for i in range(0, len(lengths), batch_size)]
    positions = sum(len(batch) * int(batch.max()) for batch in batches)
    return float(1 - lengths.sum() / positions)


def embed_collection(
    texts: Iterable[str], encoder, pooling: str | None = None, precision: str = "float16", chunk: int = CHUNK
) -> np.ndarray:
    """Embed many texts: (n, dim) vectors of length 1 in ``precision``, in the order given.

    Texts of like length go together, and each chunk is cast before the next is embedded, so that the vectors never exist
    in full precision all at once. A progress bar appears when it takes longer than a few seconds.

    Args:
        pooling: as in ``embed``; the one the encoder was trained with, if left out.
        precision: ``"float16"`` (half the memory) or ``"float32"``.
        chunk: texts at a time.

    Raises:
        TypeError: as in ``embed``.
        ValueError: as in ``embed``, a pooling that is neither given nor known, no such precision, or a chunk below 1.

    >>> import course_utils as cu
    >>> embed_collection(["Tea?", "Coffee."], cu.load_encoder("mini-bert"), "mean").dtype
    dtype('float16')
    """
    from tqdm.auto import tqdm

    texts, pooling = check_texts(texts), known_pooling(encoder, pooling)
    if precision not in PRECISIONS:
        raise ValueError(f"precision of stored vectors is {' or '.join(PRECISIONS)}, not {precision!r}.")
    if chunk < 1:
        raise ValueError(f"chunk must be 1 or more, not {chunk}.")
    vectors = np.zeros((len(texts), encoder.dimension), dtype=precision)
    order = np.argsort([-len(text) for text in texts], kind="stable")  # characters are a good stand-in for tokens
    with tqdm(total=len(texts), unit="text", delay=3, leave=False, disable="TQDM_DISABLE" in os.environ) as bar:
        for start in range(0, len(order), chunk):
            rows = order[start : start + chunk]
            block = embed([texts[i] for i in rows], encoder, pooling)
            vectors[rows] = block / np.maximum(np.linalg.norm(block, axis=1, keepdims=True), 1e-12)
            bar.update(len(rows))
    return vectors


def known_pooling(encoder, pooling: str | None) -> str:
    """``pooling``, or the one that ``encoder`` was trained with.

    Raises:
        ValueError: neither is there.
    """
    pooling = pooling or encoder.pooling
    if pooling is None:
        raise ValueError(f'{encoder.name} was not trained with a pooling of its own: say which, for example pooling="mean".')
    return pooling


def embed_on_devices(
    texts: Iterable[str], encoder, pooling: str | None = None, devices: Sequence[str] | None = None, batch_size: int = 64
) -> np.ndarray:
    """Embed texts on several devices at once, a process each, by sentence-transformers: (n, dim) float32, length 1.

    Args:
        pooling: ``"cls"``, ``"mean"`` or ``"max"``; the one the encoder was trained with, if left out.
        devices: names such as ``["cuda:0", "cuda:1"]`` or ``["cpu", "cpu"]``; every CUDA device here, if left out.

    In a script, call it below ``if __name__ == "__main__":``, as each process imports the script anew.

    Raises:
        TypeError: as in ``embed``.
        ValueError: fewer than two devices, one that is not here, or a pooling that is neither given nor known.
    """
    from sentence_transformers import SentenceTransformer

    from course_utils.devices import available_devices, choose_device
    from course_utils.training import as_sentence_transformer

    texts = check_texts(texts)
    devices = list(devices or (name for name in available_devices() if name.startswith("cuda")))
    if len(devices) < 2:
        raise ValueError(f"Several devices are needed, got {len(devices)}; on one, embed_collection serves.")
    for device in devices:
        choose_device(device)
    with tempfile.TemporaryDirectory() as folder:  # a fresh copy: hooks that reading hidden states leaves cannot be sent
        as_sentence_transformer(encoder, known_pooling(encoder, pooling)).save_pretrained(folder)
        model = SentenceTransformer(folder, device="cpu")
    pool = model.start_multi_process_pool(devices)
    try:
        return model.encode(texts, pool=pool, batch_size=batch_size, normalize_embeddings=True, show_progress_bar=False)
    finally:
        model.stop_multi_process_pool(pool)


def exact_search(queries, vectors, k: int = 10, block: int = BLOCK) -> tuple[np.ndarray, np.ndarray]:
    """The ``k`` rows of ``vectors`` with the greatest cosine for each query: two (queries, k) arrays, rows and cosines.

    Every stored vector is looked at, a block at a time, so that half-precision vectors are never widened all at once.

    Args:
        queries: (queries, dim).
        vectors: (n, dim) of length 1, in any precision, from ``embed_collection``.
        k: how many; no more than there are.

    Raises:
        ValueError: ``k`` below 1, no vectors, or other dimensions than the queries have.

    >>> rows, cosines = exact_search([[2.0, 0.0]], [[0.0, 1.0], [1.0, 0.0], [0.8, 0.6]], k=2)
    >>> rows.tolist(), f"{cosines[0, 1]:.2f}"
    ([[1, 2]], '0.80')
    """
    queries, vectors = np.asarray(queries, dtype=np.float32), np.asarray(vectors)
    if k < 1:
        raise ValueError(f"k must be 1 or more, not {k}.")
    if queries.ndim != 2 or vectors.ndim != 2 or len(vectors) == 0 or queries.shape[1] != vectors.shape[1]:
        raise ValueError(f"Expected queries (m, dim) and vectors (n, dim), n from 1, got {queries.shape} and {vectors.shape}.")
    queries = queries / np.maximum(np.linalg.norm(queries, axis=1, keepdims=True), 1e-12)
    rows, best = np.zeros((len(queries), 0), dtype=np.int64), np.zeros((len(queries), 0), dtype=np.float32)
    for start in range(0, len(vectors), block):
        cosines = queries @ vectors[start : start + block].astype(np.float32).T  # (queries, block)
        found = np.broadcast_to(np.arange(start, start + cosines.shape[1]), cosines.shape)
        if k < cosines.shape[1]:
            top = np.sort(np.argpartition(-cosines, k - 1, axis=1)[:, :k], axis=1)
            cosines, found = np.take_along_axis(cosines, top, 1), np.take_along_axis(found, top, 1)
        rows, best = np.concatenate([rows, found], 1), np.concatenate([best, cosines], 1)
        order = np.argsort(-best, axis=1, kind="stable")[:, :k]
        rows, best = np.take_along_axis(rows, order, 1), np.take_along_axis(best, order, 1)
    return rows, best


def approximate_index(vectors, connectivity: int = 16, expansion: int = 128):
    """A ``usearch`` index of ``vectors`` (n, dim) by cosine, built by one thread, so that the graph is the same each time.

    Its graph links each vector with near ones; a search walks along the links and looks at a small part of them.
    Source: Malkov & Yashunin 2018 (arXiv 1603.09320), HNSW.

    Args:
        connectivity: links a vector.
        expansion: candidates kept while it is built; more is slower and better.

    Raises:
        ValueError: no vectors.

    >>> index = approximate_index([[0.0, 1.0], [1.0, 0.0], [0.8, 0.6]])
    >>> approximate_search(index, [[1.0, 0.1]], k=2).tolist()
    [[1, 2]]
    """
    from usearch.index import Index

    vectors = np.asarray(vectors)
    if vectors.ndim != 2 or len(vectors) == 0:
        raise ValueError(f"Expected vectors (n, dim), n from 1, got {vectors.shape}.")
    kind = "f16" if vectors.dtype == np.float16 else "f32"
    index = Index(ndim=vectors.shape[1], metric="cos", dtype=kind, connectivity=connectivity, expansion_add=expansion)
    index.add(
        np.arange(len(vectors)), np.ascontiguousarray(vectors, dtype=np.float16 if kind == "f16" else np.float32), threads=1
    )
    return index


def approximate_search(index, queries, k: int = 10) -> np.ndarray:
    """The rows that ``approximate_index`` finds for each query, nearest first: (queries, k); k no more than it holds.

    Raises:
        ValueError: ``k`` is below 1.
    """
    if k < 1:
        raise ValueError(f"k must be 1 or more, not {k}.")
    queries = np.ascontiguousarray(queries, dtype=np.float32)
    found = index.search(queries, min(k, len(index)), threads=1)
    return np.asarray(found.keys, dtype=np.int64).reshape(len(queries), -1)


def shared_at(found, exact) -> float:
    """Mean share of the ``exact`` rows (queries, k) that are among those ``found`` (queries, k): recall against exact search.

    Raises:
        ValueError: the shapes differ.

    >>> shared_at([[3, 1], [5, 6]], [[1, 2], [6, 5]])
    0.75
    """
    found, exact = np.asarray(found), np.asarray(exact)
    if found.shape != exact.shape:
        raise ValueError(f"Expected the same shape twice, got {found.shape} and {exact.shape}.")
    return float(np.mean([len(set(a) & set(b)) / len(b) for a, b in zip(found.tolist(), exact.tolist(), strict=True)]))


def combined_texts(n: int, words: int = 3, seed: int = 0) -> list[str]:
    """``n`` different short texts, each the first words of one sentence of ``sts`` and the last words of another.

    They mean little; they have the words and the lengths of short texts, for trying out large collections.

    Raises:
        ValueError: more than the sentences can be combined to.

    >>> combined_texts(2) == combined_texts(3)[:2]
    True
    """
    from course_utils.data import load_data

    sts = load_data("sts")
    sentences = [text.rstrip(".?").split() for text in dict.fromkeys([*sts["sentence1"], *sts["sentence2"]])]
    sentences = [parts for parts in sentences if len(parts) >= 2 * words]
    if not 0 <= n <= len(sentences) ** 2 // 4:
        raise ValueError(f"From 0 to {len(sentences) ** 2 // 4:,} texts can be made, not {n:,}.")
    rng = np.random.default_rng(seed)
    made: dict[str, None] = {}
    while len(made) < n:
        first, last = rng.integers(0, len(sentences), 2)
        made[" ".join([*sentences[first][:words], *sentences[last][-words:]])] = None
    return list(made)


def timed_collection(texts: Sequence[str], encoder, pooling: str | None, queries, sizes: Sequence[int], k: int = 10):
    """Embed a collection step by step and time what each size takes: ((n, dim) float32 vectors, DataFrame).

    Columns: size; seconds to embed so many texts; to build an approximate index of them; for one query by exact and by
    approximate search (mean over ``queries``).

    Args:
        queries: (queries, dim) vectors.
        sizes: rising; the last is the number of texts.

    Raises:
        ValueError: sizes that do not rise to the number of texts.
    """
    import pandas as pd

    sizes = list(sizes)
    if not sizes or sizes != sorted(set(sizes)) or sizes[0] < 1 or sizes[-1] != len(texts):
        raise ValueError(f"sizes must rise from 1 or more to the number of texts, {len(texts)}; got {sizes}.")
    vectors, embedding, rows = np.zeros((len(texts), encoder.dimension), dtype=np.float32), 0.0, []
    for before, size in zip([0, *sizes], sizes, strict=False):
        seconds, vectors[before:size] = _timed(embed_collection, texts[before:size], encoder, pooling, "float32")
        embedding += seconds
        building, index = _timed(approximate_index, vectors[:size])
        exact, _ = _timed(exact_search, queries, vectors[:size], k)
        approximate, _ = _timed(approximate_search, index, queries, k)
        rows.append([size, embedding, building, exact / len(queries), approximate / len(queries)])
    return vectors, pd.DataFrame(rows, columns=["size", "embedding", "building", "exact", "approximate"])


def _timed(function, *arguments):
    start = time.perf_counter()
    result = function(*arguments)
    return time.perf_counter() - start, result


def gigabytes(texts: int, dimensions: int, bytes_a_number: int = 2) -> float:
    """Memory of the vectors alone, in GB (1e9 bytes).

    >>> gigabytes(1_000_000, 256)
    0.512
    """
    return texts * dimensions * bytes_a_number / 1e9


def extrapolate(sizes: Sequence[int], seconds: Sequence[float], to: int) -> float:
    """Seconds for ``to`` texts if time grows in proportion to their number, from the largest size that was measured.

    Raises:
        ValueError: nothing was measured, or not finite.

    >>> extrapolate([100, 1000], [0.2, 1.0], 10_000)
    10.0
    """
    sizes, seconds = np.asarray(sizes), np.asarray(seconds, dtype=float)
    if len(sizes) == 0 or len(sizes) != len(seconds) or not np.isfinite(seconds[-1]):
        raise ValueError("Extrapolation needs at least one measured size with its seconds.")
    return float(seconds[-1] * to / sizes[-1])
