"""The course's data sets by name, checked as they are loaded, and their public counterparts from the hub."""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass
from pathlib import Path

from course_utils import arguments

FOLDER = Path(__file__).parent / "data"
SENTIMENTS = ("negative", "positive")
TOPICS = ("app", "book", "film", "gadget", "hotel", "restaurant")
DEVICES = ("contrast", "irony", "negation", "plain")
STRATA = (
    "para_low", "para_high", "negation", "role_swap", "number", "time_place", "same_topic", "unrelated", "graded",
)  # fmt: skip
HARD_STRATA = ("negation", "role_swap", "number", "time_place")


class DamagedDataError(RuntimeError):
    """A bundled data file is missing or is not the one that was shipped."""


@dataclass(frozen=True)
class Schema:
    """Columns of a set in order, its splits, and the values that named columns may take."""

    columns: tuple[str, ...]
    splits: tuple[str, ...] = ()
    values: tuple[tuple[str, tuple], ...] = ()
    scores: tuple[str, ...] = ()


SCHEMAS = {
    "sts": Schema(
        ("pair_id", "sentence1", "sentence2", "score", "score_a", "score_b", "stratum", "subject", "split"),
        ("dev", "test"),
        (("stratum", STRATA),),
        ("score", "score_a", "score_b"),
    ),
    "reviews": Schema(
        ("review_id", "text", "sentiment", "topic", "device", "split"),
        ("train", "dev", "test"),
        (("sentiment", SENTIMENTS), ("topic", TOPICS), ("device", DEVICES)),
    ),
    "paraphrases": Schema(("triple_id", "situation", "anchor", "positive", "negative", "subject")),
    "passages": Schema(("passage_id", "subject", "text")),
    "questions": Schema(("question_id", "subject", "question", "answers")),
}
NAMES = (*SCHEMAS, "probes")


@dataclass(frozen=True)
class PublicSet:
    """A public data set at a pinned revision: its files of a split, and how its columns are named."""

    title: str
    repository: str
    revision: str
    folder: str
    splits: tuple[tuple[str, str], ...]
    megabytes: int
    licence: str


PUBLIC = {
    "sts": PublicSet(
        "STS-B", "sentence-transformers/stsb", "ab7a5ac0e35aa22088bdcf23e7fd99b220e53308", "data",
        (("dev", "validation"), ("test", "test"), ("train", "train")), 1, "CC BY-SA 4.0 (scores)",
    ),
    "reviews": PublicSet(
        "SST-2", "stanfordnlp/sst2", "8d51e7e4887a4caaa95b3fbebbf53c0490b58bbb", "data",
        (("train", "train"), ("dev", "validation")), 4, "not stated",
    ),
    "paraphrases": PublicSet(
        "AllNLI", "sentence-transformers/all-nli", "d482672c8e74ce18da116f430137434ba2e52fab", "triplet",
        (("train", "train"), ("dev", "dev"), ("test", "test")), 50, "of SNLI (CC BY-SA 4.0) and MultiNLI",
    ),
}  # fmt: skip


def load_data(name: str, split: str | None = None, source: str = "bundled"):
    """Load a data set as a ``pandas.DataFrame``.

    Args:
        name: ``sts`` (graded sentence pairs), ``reviews`` (sentiment and topic), ``paraphrases`` (anchor, positive, hard
            negative), ``passages`` and ``questions`` (``answers`` is a tuple of passage ids), or ``probes`` (the reviews
            with control labels and length bins).
        split: one split only: ``dev``, ``test`` or, where there is one, ``train``.
        source: ``"bundled"``, written for this course; ``"hub"`` for the public counterpart with the same columns: STS-B for
            ``sts``, SST-2 for ``reviews``, AllNLI triplets for ``paraphrases``. Columns that it does not have are empty.

    Raises:
        ValueError: no such set, split or source.
        DamagedDataError: a bundled file is missing, altered, or does not fit its schema.
        FetchError: a public set is neither cached nor to be had from the hub; a ``ConnectionError``.

    >>> load_data("sts", split="dev")[["score", "stratum"]].shape[1]
    2
    """
    if not isinstance(name, str) or name not in NAMES:
        raise ValueError(f"No data set has the name {arguments.shown(name)}. There are {', '.join(NAMES)}.")
    if not isinstance(source, str) or source not in ("bundled", "hub"):
        raise ValueError(f'source must be "bundled" or "hub", not {arguments.shown(source)}.')
    if source == "hub":
        return _load_public(name, split)
    schema = SCHEMAS["reviews" if name == "probes" else name]
    _check_split(name, split, schema.splits)
    frame = _probes(_read("reviews", FOLDER)) if name == "probes" else _read(name, FOLDER)
    return frame if split is None else frame[frame["split"] == split].reset_index(drop=True)


def _check_split(name: str, split: str | None, splits: tuple[str, ...]) -> None:
    if split is not None and not (isinstance(split, str) and split in splits):
        there = f"Its splits are {', '.join(splits)}." if splits else "It has no splits: leave split out."
        raise ValueError(f"{name} has no split {arguments.shown(split)}. {there}")


def _read(name: str, folder: Path):
    """One bundled CSV, its checksum and schema verified."""
    import pandas as pd

    advice = "Get it back with: git checkout -- course_utils/data, or reinstall course_utils."
    path = folder / f"{name}.csv"
    if not path.is_file():
        raise DamagedDataError(f"{path} is missing. {advice}")
    try:
        expected = json.loads((folder / "checksums.json").read_text(encoding="utf-8"))[path.name]
    except (OSError, ValueError, KeyError):
        raise DamagedDataError(f"{folder / 'checksums.json'} does not list {path.name}. {advice}") from None
    content = path.read_bytes()
    if hashlib.sha256(content).hexdigest() != expected:
        raise DamagedDataError(f"{path} was altered: it is not the file that was shipped. {advice}")
    frame = pd.read_csv(path, keep_default_na=False, encoding="utf-8", dtype={"pair_id": str, "situation": str})
    try:
        return validate(name, frame)
    except ValueError as error:
        raise DamagedDataError(f"{path} does not fit its schema: {error} {advice}") from None


def validate(name: str, frame):
    """Check ``frame`` against the schema of ``name`` and return it (``answers`` split into tuples).

    Raises:
        TypeError: ``frame`` is no DataFrame.
        ValueError: no such set, a column is missing, a value is not allowed, an id repeats, a text is empty, a score is not in
            0-5.
    """
    import pandas as pd

    schema = SCHEMAS[arguments.one_of(name, "name", SCHEMAS)]
    if not isinstance(frame, pd.DataFrame):
        raise TypeError(f"frame must be a DataFrame, not {arguments.shown(frame)}.")
    missing = [column for column in schema.columns if column not in frame]
    if missing:
        raise ValueError(f"frame has missing column(s) {', '.join(missing)}; expected {', '.join(schema.columns)}.")
    frame = frame[list(schema.columns)].copy()
    ids = frame[schema.columns[0]]
    if ids.duplicated().any():
        raise ValueError(f"{schema.columns[0]} {ids[ids.duplicated()].iloc[0]} repeats.")
    allowed = dict(schema.values)
    if schema.splits:
        allowed["split"] = schema.splits
    for column, values in allowed.items():
        wrong = set(frame[column]) - set(values)
        if wrong:
            raise ValueError(f"{column} holds {sorted(map(str, wrong))[0]!r}; allowed are {', '.join(values)}.")
    for column in schema.scores:
        numbers = pd.to_numeric(frame[column], errors="coerce")
        if not numbers.between(0, 5).all():
            raise ValueError(f"{column} must be a number from 0 to 5 in every row.")
        frame[column] = numbers.astype(float)
    for column in frame.columns.difference([*schema.scores]):
        empty = frame[column].astype(str).str.strip() == ""
        if empty.any():
            raise ValueError(f"{column} is empty in row {int(empty.idxmax())}.")
    if name == "questions":
        frame["answers"] = frame["answers"].str.split().map(tuple)
    return frame


def control_labels(texts, classes: int, seed: int = 0) -> list[int]:
    """A label from 0 to ``classes`` - 1 for each text, by a hash of the text: it means nothing, and it is consistent.

    A probe that reads it well memorises; what a probe reads above it is selectivity (Hewitt & Liang 2019, arXiv 1909.03368).

    Raises:
        TypeError: as in ``embed``, or ``classes`` or ``seed`` is not a whole number.
        ValueError: fewer than one class, or a text that ``embed`` does not take.

    >>> control_labels(["red", "blue", "red"], classes=6)
    [0, 1, 0]
    """
    texts, classes = arguments.texts(texts), arguments.whole(classes, "classes", 1)
    key = f"{arguments.seed(seed)}".encode()
    digests = (hashlib.blake2b(text.encode("utf-8"), digest_size=8, key=key).digest() for text in texts)
    return [int.from_bytes(digest, "big") % classes for digest in digests]


def _probes(reviews):
    """The reviews with a control label beside each true one, and the text's length in quartiles."""
    import pandas as pd

    frame = reviews.copy()
    frame["control_sentiment"] = control_labels(frame["text"], len(SENTIMENTS), seed=1)
    frame["control_topic"] = control_labels(frame["text"], len(TOPICS), seed=2)
    words = frame["text"].str.split().str.len()
    frame["length_bin"] = pd.qcut(words.rank(method="first"), 4, labels=False)
    return frame


def public_files(name: str) -> Path:
    """The local snapshot folder of a public set, fetched at its pinned revision if it is not cached.

    Raises:
        ValueError: ``name`` has no public counterpart.
        FetchError: it is not cached and could not be fetched; it says why and what to do.
    """
    from course_utils import hub

    return hub.fetch(wanted_set(name))


def wanted_set(name: str):
    """What to fetch for a public set (``hub_cache.Wanted``): one pattern a split.

    Raises:
        ValueError: ``name`` has no public counterpart.
    """
    from course_utils import hub

    if not isinstance(name, str) or name not in PUBLIC:
        raise ValueError(
            f"name: {arguments.shown(name)} has no public counterpart; there is one of {', '.join(PUBLIC)}. Leave source out."
        )
    public = PUBLIC[name]
    return hub.Wanted(
        name=public.title,
        repository=public.repository,
        revision=public.revision,
        kind="dataset",
        patterns=tuple(f"{public.folder}/{theirs}-*.parquet" for _, theirs in public.splits),
        megabytes=public.megabytes,
        instead=f'load_data("{name}"), which ships with the course',
        prefetch=f"{hub.PREFETCH} {name}",
        needs=(),
    )


def _load_public(name: str, split: str | None):
    import datasets

    if name in PUBLIC:
        _check_split(name, split, tuple(ours for ours, _ in PUBLIC[name].splits))
    snapshot = public_files(name)
    public = PUBLIC[name]
    folder = snapshot / public.folder
    files = {
        ours: sorted(map(str, folder.glob(f"{theirs}-*.parquet"))) for ours, theirs in public.splits if split in (None, ours)
    }
    datasets.disable_progress_bars()
    datasets.config.HF_UPDATE_DOWNLOAD_COUNTS = False  # else each load tells a server of it
    loaded = datasets.load_dataset("parquet", data_files=files)
    return _as_ours(name, {ours: part.to_pandas() for ours, part in loaded.items()})


def _as_ours(name: str, parts: dict):
    """Public columns under the course's names; what the public set does not have is ``None``."""
    import pandas as pd

    frame = pd.concat([part.assign(split=ours) for ours, part in parts.items()], ignore_index=True)
    columns = list(SCHEMAS[name].columns)
    if name == "sts":
        frame["score"] = frame["score"] * 5.0  # published there from 0 to 1
    elif name == "reviews":
        frame = frame.rename(columns={"sentence": "text"})
        frame["sentiment"] = frame["label"].map(dict(enumerate(SENTIMENTS)))
    else:
        columns.append("split")
    frame[columns[0]] = [f"{i}" for i in range(len(frame))]
    return frame.reindex(columns=columns).astype(object).where(lambda table: table.notna(), None).infer_objects()
