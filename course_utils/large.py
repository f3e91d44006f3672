"""Large collections: batches by length, half precision, several devices, exact and approximate search."""

from __future__ import annotations

import os
import tempfile
import time
from collections.abc import Iterable, Sequence

import numpy as np

from course_utils import arguments, model_arguments
from course_utils.embedding import check_texts, embed

CHUNK = 2048  # texts embedded before their vectors are cast and stored
BLOCK = 16384  # stored vectors compared with the queries at a time
PRECISIONS = ("float16", "float32")


def padding_share(lengths: Sequence[int], batch_size: int, by_length: bool = False) -> float:
    """Share of all positions that are padding when texts of ``lengths`` tokens are padded batch by batch to their longest.

    Args:
        by_length: sort them by length first.

    Raises:
        TypeError: lengths or a batch size that are not whole numbers, or ``by_length`` neither true nor false.
        ValueError: there is no text, a length below 1, or a batch size below 1.

    >>> padding_share([2, 8, 2, 8], batch_size=2)
    0.375
    >>> padding_share([2, 8, 2, 8], batch_size=2, by_length=True)
    0.0
    """
    lengths = arguments.wholes(lengths, "lengths", least=1, most=2**32)
    if len(lengths) == 0 or arguments.whole(batch_size, "batch_size") < 1:
        raise ValueError("The share of padding needs the lengths of at least one text, and a batch_size from 1.")
    if arguments.yes_or_no(by_length, "by_length"):
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
        ValueError: as in ``embed``, an encoder without a pooling of its own where none is given, a pooling that is neither
            given nor known, no such precision, or a chunk below 1.

    >>> import course_utils as cu
    >>> embed_collection(["Tea?", "Coffee."], cu.load_encoder("mini-bert"), "mean").dtype
    dtype('float16')
    """
    from tqdm.auto import tqdm

    from course_utils.pooling import check_pooling

    texts, pooling = check_texts(texts), known_pooling(encoder, pooling)
    if not isinstance(precision, str) or precision not in PRECISIONS:
        raise ValueError(f"precision of stored vectors is {' or '.join(PRECISIONS)}, not {arguments.shown(precision)}.")
    chunk = min(arguments.whole(chunk, "chunk", 1), max(len(texts), 1))
    check_pooling(pooling, -1, encoder.layers)
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
        TypeError: ``encoder`` is none.
        ValueError: neither is there.
    """
    model_arguments.encoder(encoder)
    pooling = encoder.pooling if pooling is None else pooling
    if pooling is None:
        raise ValueError(f'{encoder.name} was not trained with a pooling of its own: say which, for example pooling="mean".')
    return arguments.text(pooling, "pooling")


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
        ValueError: a batch size below 1, fewer than two devices, one that is not here, or a pooling that is neither given nor
            known.
    """
    from sentence_transformers import SentenceTransformer

    from course_utils.devices import available_devices, choose_device
    from course_utils.training import as_sentence_transformer

    texts = check_texts(texts)
    batch_size = arguments.whole(batch_size, "batch_size", 1)
    pooling = known_pooling(encoder, pooling)
    if devices is None:
        devices = [name for name in available_devices() if name.startswith("cuda")]
    devices = arguments.texts(devices, "devices")
    if len(devices) < 2:
        raise ValueError(f"Several devices are needed, got {len(devices)}; on one, embed_collection serves.")
    for device in devices:
        choose_device(device)
    with tempfile.TemporaryDirectory() as folder:  # a fresh copy: hooks that reading hidden states leaves cannot be sent
        as_sentence_transformer(encoder, pooling).save_pretrained(folder)
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
        TypeError: ``queries`` or ``vectors`` does not hold numbers, or ``k`` or ``block`` is not a whole number.
        ValueError: ``k`` or ``block`` below 1, no vectors, other dimensions than the queries have, or one that is not finite.

    >>> rows, cosines = exact_search([[2.0, 0.0]], [[0.0, 1.0], [1.0, 0.0], [0.8, 0.6]], k=2)
    >>> rows.tolist(), f"{cosines[0, 1]:.2f}"
    ([[1, 2]], '0.80')
    """
    queries, vectors = _queries(queries), arguments.array(vectors, "vectors", "(n, dim)")
    k, block = arguments.whole(k, "k", 1), arguments.whole(block, "block", 1)
    if queries.ndim != 2 or vectors.ndim != 2 or len(vectors) == 0 or queries.shape[1] != vectors.shape[1]:
        raise ValueError(f"Expected queries (m, dim) and vectors (n, dim), n from 1, got {queries.shape} and {vectors.shape}.")
    queries = queries / np.maximum(np.linalg.norm(queries, axis=1, keepdims=True), 1e-12)
    rows, best = np.zeros((len(queries), 0), dtype=np.int64), np.zeros((len(queries), 0), dtype=np.float32)
    for start in range(0, len(vectors), block):
        cosines = queries @ vectors[start : start + block].astype(np.float32).T  # (queries, block)
        if not np.isfinite(cosines).all():
            raise ValueError("vectors hold NaN, infinity, or numbers that are too large for float32.")
        found = np.broadcast_to(np.arange(start, start + cosines.shape[1]), cosines.shape)
        if k < cosines.shape[1]:
            top = np.sort(np.argpartition(-cosines, k - 1, axis=1)[:, :k], axis=1)
            cosines, found = np.take_along_axis(cosines, top, 1), np.take_along_axis(found, top, 1)
        rows, best = np.concatenate([rows, found], 1), np.concatenate([best, cosines], 1)
        order = np.argsort(-best, axis=1, kind="stable")[:, :k]
        rows, best = np.take_along_axis(rows, order, 1), np.take_along_axis(best, order, 1)
    return rows, best


def _queries(queries) -> np.ndarray:
    """(queries, dim) in float32, finite.

    Raises:
        TypeError: they do not hold numbers.
        ValueError: other shapes, or numbers that are not finite or too large.
    """
    queries = arguments.array(queries, "queries", "(queries, dim)")
    if queries.ndim != 2:
        raise ValueError(f"Expected queries (m, dim), got {queries.shape}.")
    if queries.size and not float(np.abs(queries).max()) < 1e18:  # its square is one of float32
        raise ValueError("queries hold NaN, infinity, or numbers that are too large for float32.")
    return queries.astype(np.float32, copy=False)


def approximate_index(vectors, connectivity: int = 16, expansion: int = 128):
    """A ``usearch`` index of ``vectors`` (n, dim) by cosine, built by one thread, so that the graph is the same each time.

    Its graph links each vector with near ones; a search walks along the links and looks at a small part of them.
    Source: Malkov & Yashunin 2018 (arXiv 1603.09320), HNSW.

    Args:
        connectivity: links a vector.
        expansion: candidates kept while it is built; more is slower and better.

    Raises:
        TypeError: ``vectors`` does not hold numbers, or ``connectivity`` or ``expansion`` is not a whole number.
        ValueError: no vectors, one that is not finite, or ``connectivity`` not from 2 to 256, or ``expansion`` not from 1 to
            65536.

    >>> index = approximate_index([[0.0, 1.0], [1.0, 0.0], [0.8, 0.6]])
    >>> approximate_search(index, [[1.0, 0.1]], k=2).tolist()
    [[1, 2]]
    """
    from usearch.index import Index

    vectors = arguments.array(vectors, "vectors", "(n, dim)")
    connectivity = arguments.whole(connectivity, "connectivity", 2, 256)
    expansion = arguments.whole(expansion, "expansion", 1, 65536)
    if vectors.ndim != 2 or 0 in vectors.shape:
        raise ValueError(f"Expected vectors (n, dim), n from 1, got {vectors.shape}.")
    if not -1e18 < float(vectors.min()) <= float(vectors.max()) < 1e18:  # whose squares are of float32
        raise ValueError("vectors hold NaN, infinity, or numbers that are too large for float32.")
    kind = "f16" if vectors.dtype == np.float16 else "f32"
    index = Index(ndim=vectors.shape[1], metric="cos", dtype=kind, connectivity=connectivity, expansion_add=expansion)
    index.add(
        np.arange(len(vectors)), np.ascontiguousarray(vectors, dtype=np.float16 if kind == "f16" else np.float32), threads=1
    )
    return index


def approximate_search(index, queries, k: int = 10) -> np.ndarray:
    """The rows that ``approximate_index`` finds for each query, nearest first: (queries, k); k no more than it holds.

    Raises:
        TypeError: ``index`` is none of ``approximate_index``, ``queries`` does not hold numbers, or ``k`` is not a whole
            number.
        ValueError: ``k`` is below 1, or queries of other dimensions than the index, or not finite.
    """
    if not (hasattr(index, "search") and hasattr(index, "ndim")):
        raise TypeError(f"index must come from approximate_index, not {arguments.shown(index)}.")
    queries, k = np.ascontiguousarray(_queries(queries)), arguments.whole(k, "k", 1)
    if queries.shape[1] != index.ndim:
        raise ValueError(f"queries have {queries.shape[1]} dimensions, the vectors of the index {index.ndim}.")
    if not len(queries):
        return np.zeros((0, min(k, len(index))), dtype=np.int64)
    found = index.search(queries, min(k, len(index)), threads=1)
    return np.asarray(found.keys, dtype=np.int64).reshape(len(queries), -1)


def shared_at(found, exact) -> float:
    """Mean share of the ``exact`` rows (queries, k) that are among those ``found`` (queries, k): recall against exact search.

    Raises:
        TypeError: ``found`` or ``exact`` does not hold whole numbers.
        ValueError: the shapes differ, or are not (queries, k) with at least one of each.

    >>> shared_at([[3, 1], [5, 6]], [[1, 2], [6, 5]])
    0.75
    """
    found, exact = arguments.wholes(found, "found", 2), arguments.wholes(exact, "exact", 2)
    if found.shape != exact.shape:
        raise ValueError(f"found and exact: expected the same shape twice, got {found.shape} and {exact.shape}.")
    if not exact.size:
        raise ValueError("found and exact hold no rows.")
    return float(np.mean([len(set(a) & set(b)) / len(b) for a, b in zip(found.tolist(), exact.tolist(), strict=True)]))


def combined_texts(n: int, words: int = 3, seed: int = 0) -> list[str]:
    """``n`` different short texts, each the first words of one sentence of ``sts`` and the last words of another.

    They mean little; they have the words and the lengths of short texts, for trying out large collections.

    Raises:
        TypeError: ``n``, ``words`` or ``seed`` is not a whole number.
        ValueError: more than the sentences can be combined to, or ``words`` not from 1 to 5.

    >>> combined_texts(2) == combined_texts(3)[:2]
    True
    """
    from course_utils.data import load_data

    n, words, seed = arguments.whole(n, "n"), arguments.whole(words, "words", 1, 5), arguments.seed(seed)
    sts = load_data("sts")
    sentences = [text.rstrip(".?").split() for text in dict.fromkeys([*sts["sentence1"], *sts["sentence2"]])]
    sentences = [parts for parts in sentences if len(parts) >= 2 * words]
    if not 0 <= n <= len(sentences) ** 2 // 4:
        raise ValueError(f"From 0 to {len(sentences) ** 2 // 4:,} texts can be made, not n = {n:,}.")
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
        TypeError: as in ``embed``, or ``sizes`` or ``k`` is not whole numbers, or ``queries`` no numbers.
        ValueError: sizes that do not rise to the number of texts, or what ``exact_search`` does not take.
    """
    import pandas as pd

    texts, pooling, k = check_texts(texts), known_pooling(encoder, pooling), arguments.whole(k, "k", 1)
    queries = _queries(queries)
    if queries.shape[1] != encoder.dimension or not len(queries):
        raise ValueError(f"queries must be (queries, {encoder.dimension}), as the encoder's vectors; got {queries.shape}.")
    sizes = arguments.wholes(sizes, "sizes").tolist()
    if not sizes or sizes != sorted(set(sizes)) or sizes[0] < 1 or sizes[-1] != len(texts):
        raise ValueError(f"sizes must rise from 1 or more to the number of texts, {len(texts)}; got {sizes[:8]}.")
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

    Raises:
        TypeError: one of them is not a whole number.
        ValueError: one of them is below 0.

    >>> gigabytes(1_000_000, 256)
    0.512
    """
    texts = arguments.whole(texts, "texts", 0, 10**18)
    dimensions = arguments.whole(dimensions, "dimensions", 0, 10**18)
    return texts * dimensions * arguments.whole(bytes_a_number, "bytes_a_number", 0, 10**18) / 1e9


def extrapolate(sizes: Sequence[int], seconds: Sequence[float], to: int) -> float:
    """Seconds for ``to`` texts if time grows in proportion to their number, from the largest size that was measured.

    Raises:
        TypeError: ``sizes`` or ``to`` is not whole numbers, or ``seconds`` no numbers.
        ValueError: nothing was measured, or not finite, a size below 1, or ``to`` below 0.

    >>> extrapolate([100, 1000], [0.2, 1.0], 10_000)
    10.0
    """
    sizes, seconds = arguments.wholes(sizes, "sizes", least=1), arguments.column(seconds, "seconds")
    to = arguments.whole(to, "to", 0, 10**18)
    if len(sizes) == 0 or len(sizes) != len(seconds):
        raise ValueError("Extrapolation needs at least one measured size with its seconds: sizes and seconds, equally long.")
    return float(seconds[-1] * to / sizes[-1])
