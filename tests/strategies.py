"""Bad input: values of every wrong kind, and strategies of hypothesis for texts and arrays."""

from __future__ import annotations

import tempfile
from pathlib import Path

import numpy as np
from hypothesis import strategies as st
from hypothesis.configuration import set_hypothesis_home_dir

set_hypothesis_home_dir(Path(tempfile.gettempdir()) / "hypothesis")  # its tables of characters, not among our files

MARKUP = "<script>alert(1)</script>"
NASTY = (
    "",
    " \t\n",
    "\x00\x07\x1b[31m",
    "\u202eabc\u202c",
    "שלום עולם",
    "👩‍👩‍👧‍👦🏳️‍🌈",
    "e" + "\u0301" * 200,
    MARKUP,
    "`code` ```\n**bold** $x$ | <b onclick=x>",
    "\ufeff\u200b\u2028",
    "[CLS] [SEP] [MASK] [PAD]",
    "a" * 5000,
    "tea " * 500,
)


def wrong_values() -> dict[str, object]:
    """Label to a value that most arguments cannot take; fresh ones, as some can be read once only."""
    import pandas as pd
    import torch

    return {
        "None": None,
        "True": True,
        "-1": -1,
        "0": 0,
        "1": 1,
        "10**18": 10**18,
        "2.5": 2.5,
        "nan": float("nan"),
        "inf": float("inf"),
        "1e200": 1e200,
        "''": "",
        "a word": "tea",
        "a file that is not there": "not_there.txt",
        "script": MARKUP,
        "backticks": "`x` \u202e **b**",
        "a NUL": "a\x00b",
        "a lone surrogate": "\ud800",
        "bytes": b"tea",
        "[]": [],
        "[1, 2]": [1, 2],
        "words": ["tea", "coffee"],
        "[None]": [None],
        "[nan]": [float("nan")],
        "a mixed list": ["tea", 1, None],
        "ragged": [[1.0], [1.0, 2.0]],
        "lone surrogates": ["\ud800", "\udfff"],
        "{}": {},
        "a dict": {"a": 1, "b": [2]},
        "a dict by number": {1: 2},
        "a set": {"tea"},
        "an object": object(),
        "a complex number": 1j,
        "0-d": np.array(1.5),
        "1-d": np.arange(3.0),
        "2-d": np.ones((2, 3)),
        "3-d": np.ones((2, 2, 2)),
        "empty 2-d": np.zeros((0, 3)),
        "no columns": np.zeros((12, 0)),
        "NaN array": np.full((12, 3), np.nan),
        "infinite column": np.full(12, np.inf),
        "huge array": np.full((12, 3), 1e200),
        "complex array": np.ones((12, 3), dtype=complex),
        "array of text": np.full((12, 3), "1"),
        "array of objects": np.array([object()] * 12),
        "dates": np.array(["2020-01-01"] * 12, dtype="datetime64[D]"),
        "tensor": torch.ones(2, 3),
        "0-d tensor": torch.tensor(1.5),
        "whole tensor": torch.ones(2, 3, dtype=torch.long) * 10**9,
        "bfloat16 tensor": torch.ones(2, 3, dtype=torch.bfloat16),
        "tensor with gradient": torch.ones(12, 3, requires_grad=True),
        "complex tensor": torch.ones(2, 3, dtype=torch.complex64),
        "a table": pd.DataFrame({"a": [1, 2]}),
        "a series": pd.Series(["x", None]),
        "a generator": (i for i in range(3)),
    }


NEVER = (  # values that are right nowhere
    "nan", "inf", "script", "a lone surrogate", "bytes", "[None]", "[nan]", "lone surrogates", "a dict by number", "an object",
    "a complex number", "3-d", "complex array", "array of objects", "complex tensor", "a table",
)  # fmt: skip


def texts(surrogates: bool = True):
    """Texts of any characters: of every script, control characters, emoji, right-to-left; lone surrogates unless left out."""
    left_out = () if surrogates else ("Cs",)
    return st.one_of(st.sampled_from(NASTY), st.text(st.characters(exclude_categories=left_out), max_size=40))


def arrays(finite: bool = False):
    """Arrays of none to three axes, of numbers of several kinds, NaN and infinity among them unless ``finite``."""
    from hypothesis.extra import numpy as hnp

    kinds = st.sampled_from([np.float64, np.float32, np.int64, np.bool_])
    shapes = hnp.array_shapes(min_dims=0, max_dims=3, min_side=0, max_side=6)
    elements = {"allow_nan": not finite, "allow_infinity": not finite}

    def of(kind):
        return hnp.arrays(kind, shapes, elements=elements if np.dtype(kind).kind == "f" else None)

    return kinds.flatmap(of)
