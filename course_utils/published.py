"""Published figures of the real models on STS-B, and what is measured here set beside them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from course_utils import arguments
from course_utils.comparisons import spearman_intervals
from course_utils.statistics import Interval, judge


@dataclass(frozen=True)
class Published:
    """A published row: Spearman x 100 of the cosine with the score, STS-B test (1,379 pairs), nothing fitted on its scores.

    Attributes:
        value: Spearman x 100, as printed in the source.
        source: who published it, with table or file.
        address: arXiv number, or repository on GitHub.
        settings: the ways to embed that the row may stand for, as ``beside_published`` takes them; more than one where the
            source does not settle which.
        extraction: what the source says of the vectors that it took.
    """

    value: float
    source: str
    address: str
    settings: tuple[str, ...]
    extraction: str


SBERT_TABLE = "Reimers & Gurevych 2019, table 1"
FLOW_TABLE = "BERT-flow (Li et al. 2020), table 2"
WHITENING_README = "README of BERT-whitening-pytorch"
SERVICE = "bert-as-service, layer not stated; its default is the second-to-last"

PUBLISHED = (
    Published(
        16.50, SBERT_TABLE, "arXiv 1908.10084",
        ("bert-base-uncased: [CLS] of layer 12", "bert-base-uncased: [CLS] of layer 11"), SERVICE,
    ),
    Published(
        20.29, WHITENING_README, "autoliuweijie/BERT-whitening-pytorch", ("bert-base-uncased: [CLS] of layer 12",),
        "hidden_states[-1][:, 0] in its code",
    ),
    Published(
        46.35, SBERT_TABLE, "arXiv 1908.10084",
        (
            "bert-base-uncased: mean of layer 12",
            "bert-base-uncased: mean of layer 11",
            "bert-base-uncased: mean of layers 11 and 12",
        ),
        SERVICE + '; "the last few layers" by its author, issue 621 of sentence-transformers',
    ),
    Published(47.29, FLOW_TABLE, "arXiv 2011.05864", ("bert-base-uncased: mean of layer 12",), "last layer"),
    Published(
        53.87, "SimCSE (Gao et al. 2021), table 5", "arXiv 2104.08821", ("bert-base-uncased: mean of layers 0 and 12",),
        "first-last; hidden_states[0] and [-1] in its code until issue 133",
    ),
    Published(
        59.05, "issue 285 of SimCSE's repository", "princeton-nlp/SimCSE", ("bert-base-uncased: mean of layers 1 and 12",),
        "first-last; a run of its code after issue 133: hidden_states[1] and [-1]",
    ),
    Published(
        59.04, WHITENING_README, "autoliuweijie/BERT-whitening-pytorch", ("bert-base-uncased: mean of layers 1 and 12",),
        "first-last; hidden_states[1] and [-1] in its code",
    ),
    Published(
        59.04, FLOW_TABLE, "arXiv 2011.05864",
        ("bert-base-uncased: mean of layers 1 and 12", "bert-base-uncased: mean of layers 11 and 12"),
        "last two layers; first and last by issue 16 of bohanli/BERT-flow",
    ),
    Published(
        77.03, SBERT_TABLE + " (SBERT-NLI-base)", "arXiv 1908.10084", ("bert-base-nli-mean-tokens: mean of layer 12",),
        "mean, last layer; the weights of the paper",
    ),
    Published(
        77.12, "earlier docs/pretrained-models/nli-models.md", "huggingface/sentence-transformers",
        ("bert-base-nli-mean-tokens: mean of layer 12",), "mean, last layer; the weights as released",
    ),
    Published(
        82.03, "MTEB's results, STSBenchmark", "embeddings-benchmark/results", ("all-MiniLM-L6-v2: mean of layer 6",),
        "mean, as the model declares",
    ),
)  # fmt: skip

# the verdict on "measured here is above the published figure", and where the published figure lies then
_PLACES = {"supported": "below the interval", "undecided": "inside", "not supported": "above the interval"}
_COLUMNS = ["published", "source", "its vectors", "measured here", "off by", "published lies"]


def published_rows(setting: str) -> list[Published]:
    """The published rows that ``setting`` may stand for, in the order of ``PUBLISHED``; an empty list if there is none.

    Raises:
        TypeError: ``setting`` is no text.

    >>> [row.value for row in published_rows("bert-base-uncased: [CLS] of layer 12")]
    [16.5, 20.29]
    """
    setting = arguments.text(setting, "setting")
    return [row for row in PUBLISHED if setting in row.settings]


def beside_published(scores: Mapping[str, object], gold, resamples: int = 2000):
    """What was measured beside what was published: a DataFrame with a line for each setting and published row of it.

    ``measured here`` is Spearman x 100 with its 95% bootstrap interval over the pairs, ``off by`` is measured minus published.
    ``published lies`` comes from ``judge``: inside the interval, below it or above it. Where the pairs are those of the
    published row, the same vectors must agree far more closely than the interval, which covers the choice of pairs.

    Args:
        scores: setting, as in ``PUBLISHED``, to one cosine a pair (n,). One that nobody published gets a line as well.
        gold: (n,) graded scores, of any scale.

    Raises:
        TypeError, ValueError: there are no scores, or they are not as ``spearman_intervals`` takes them.

    >>> import numpy as np
    >>> gold = np.arange(50.0)
    >>> table = beside_published({"bert-base-uncased: [CLS] of layer 12": gold, "my own": gold[::-1]}, gold)
    >>> table[["published", "measured here", "published lies"]].values.tolist()[1:]
    [['20.29', '100.00 [100.00, 100.00]', 'below the interval'], ['none', '-100.00 [-100.00, -100.00]', '']]
    """
    import pandas as pd

    if isinstance(scores, Mapping) and not scores:
        raise ValueError("There are no scores to set beside the published rows.")
    arguments.mapping(scores, "scores", "setting to one cosine a pair")
    lines, settings = [], []
    for setting, measured in spearman_intervals(scores, gold, resamples).items():
        hundred = Interval(100 * measured.value, 100 * measured.low, 100 * measured.high, measured.level)
        for row in published_rows(setting) or [None]:
            settings.append(setting)
            lines.append(_line(row, hundred))
    return pd.DataFrame(lines, index=pd.Index(settings, name="setting"), columns=_COLUMNS)


def _line(row: Published | None, measured: Interval) -> list[str]:
    """The cells of one line, as text."""
    if row is None:
        return ["none", "", "", f"{measured:.2f}", "", ""]
    place = _PLACES[judge("measured here is above the published figure", measured, margin=row.value).outcome]
    source = f"{row.source} ({row.address})"
    return [f"{row.value:.2f}", source, row.extraction, f"{measured:.2f}", f"{measured.value - row.value:+.2f}", place]
