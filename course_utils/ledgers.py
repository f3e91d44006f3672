"""The ledgers of notebooks 00-06, read from their stored outputs, and what they say about the course's thesis."""

from __future__ import annotations

import html
import json
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

from course_utils import arguments
from course_utils.repetition import counted, settle
from course_utils.statistics import Verdict

BEFORE = "0[0-6]_*.ipynb"  # the last notebook asks; it does not read itself
COLUMNS = ["claim", "who says it", "measured", "verdict"]
REPEATED = ["claim", "who says it", "measured", "again", "verdict"]


@dataclass(frozen=True)
class Statement:
    """A statement of the thesis, and the claims of the notebooks that decide it.

    Attributes:
        text: in one sentence.
        claims: (number of the notebook, the claim as it stands in its ledger).
    """

    text: str
    claims: tuple[tuple[str, str], ...]


THESIS = (
    Statement(
        "[CLS] goes in as one vector and does not come out empty; how badly cosine reads it is not settled.",
        (
            ("02", "what goes in at [CLS] is one vector, the same in every sentence"),
            ("03", "a probe reads topic from [CLS], above the majority class"),
            ("03", "a probe reads sentiment from [CLS], above the majority class"),
            ("03", "a probe reads more topic from [CLS] than from the untrained [CLS]"),
            ("03", "a probe reads more sentiment from [CLS] than from the untrained [CLS]"),
            ("03", "raw [CLS] is below a bag of words, by cosine (main part)"),
            ("03", "raw [CLS] is below the mean, by cosine (main part)"),
        ),
    ),
    Statement(
        "MLM gives the last [CLS] output no gradient; NSP trains it, and mostly for the subject.",
        (
            ("02", "MLM sends no gradient at all to the last-layer [CLS]"),
            ("02", "MLM + NSP send the last [CLS] more gradient than a token (mini-bert, log10)"),
            ("02", "NSP tells the next from another subject"),
            ("02", "NSP tells the true order from the swapped one"),
        ),
    ),
    Statement(
        "The mean of a raw model follows shared words; that it is more robust than [CLS] is not settled.",
        (
            ("04", "the mean is above [CLS]"),
            ("04", "the mean is above the untrained mean"),
            ("04", "TF-IDF is above the raw mean"),
            ("04", "the mean follows shared words more than the score (main part)"),
        ),
    ),
    Statement(
        "Fine-tuning can forge [CLS] for the task it is trained on, and is not shown to help another.",
        (
            ("05", "tuned on sentiment, [CLS] gives more sentiment"),
            ("05", "tuned on topic, [CLS] gives more topic"),
            ("05", "sentiment: [CLS] tuned is above TF-IDF"),
            ("05", "topic: [CLS] tuned is above TF-IDF"),
            ("05", "tuned on sentiment, [CLS] gives more topic"),
            ("05", "tuned on topic, [CLS] gives more sentiment"),
            ("05", "tuned on sentiment, [CLS] gives more similarity"),
            ("05", "tuned on topic, [CLS] gives more similarity"),
        ),
    ),
    Statement(
        "What makes a sentence vector is training for similarity, not the pooling.",
        (
            ("06", "training lifts [CLS]"),
            ("06", "training lifts the mean"),
            ("06", "training [CLS] gains more than changing its pooling"),
            ("06", "after training the mean is above [CLS]"),
            ("06", "trained [CLS] is less than 0.05 below the trained mean"),
            ("06", "training raises agreement within the hard strata (mean)"),
        ),
    ),
    Statement("So: a vector for its task, and measured there.", ()),
)


def find_notebooks(folder: str | Path | None = None) -> Path:
    """The folder with the course's notebooks: ``folder``, or where the course lies, or the working folder.

    Raises:
        TypeError: ``folder`` is no path.
        ValueError: there are no notebooks.
    """
    from course_utils.workspace import ROOT

    places = (
        [arguments.path(folder, "folder")] if folder is not None else [ROOT / "notebooks", Path.cwd(), Path.cwd() / "notebooks"]
    )
    for place in places:
        if list(place.glob("00_*.ipynb")):
            return place
    looked = ", ".join(map(str, places))
    raise ValueError(
        f"The course's notebooks are not there (looked in {looked}): get them from its repository, or name their folder."
    )


def read_ledger(path: str | Path) -> list[dict[str, str]]:
    """The rows of the ledger that a notebook holds in its stored outputs; empty if it was not run or has none.

    Raises:
        TypeError: ``path`` is no path.
        ValueError: the file is not a notebook.
    """
    path = arguments.path(path, "path")
    try:
        cells = json.loads(path.read_text(encoding="utf-8"))["cells"]
        ledgers = [cell for cell in cells if cell["cell_type"] == "code" and "cu.ledger(" in "".join(cell["source"])]
        outputs = [output.get("data", {}) for cell in ledgers for output in cell["outputs"]]
        shown = ["".join(data["text/html"]) for data in outputs if "text/html" in data]
    except (OSError, ValueError, KeyError, TypeError, AttributeError):
        raise ValueError(f"path: {path} cannot be read as a notebook.") from None
    rows = []
    for table in shown:
        values = [html.unescape(value).strip() for value in re.findall(r"<td[^>]*>(.*?)</td>", table, re.S)]
        columns = re.findall(r"<th>(\D.*?)</th>", table)
        if columns in (COLUMNS, REPEATED):
            rows += [dict(zip(columns, row, strict=False)) for row in zip(*[iter(values)] * len(columns), strict=False)]
    return rows


def course_ledger(
    folder: str | Path | None = None,
    statements: Iterable[Statement] | None = None,
    here: Iterable[Verdict] = (),
    again: Mapping | None = None,
):
    """The thesis of the course, statement by statement, with the claims that decide it and what the notebooks measured.

    Nothing is typed: measured values and verdicts are read from the outputs that the notebooks hold.

    Args:
        folder: of the notebooks; looked for if left out.
        statements: the thesis, if left out.
        here: verdicts of the notebook that asks; they stand with the last statement.
        again: for these, as in ``ledger``.

    Returns:
        A DataFrame with the columns statement (its number), notebook, claim, measured, again (as in ``ledger``; empty where
        nothing is known), verdict. A claim that its notebook does not hold (not run, or not there) has the verdict ``not
        found``.

    Raises:
        TypeError: ``folder`` is no path, ``statements`` are no ``Statement``, ``here`` no ``Verdict``, or ``again`` no dict.
        ValueError: there are no notebooks, or ``again`` does not hold counts.

    >>> course_ledger(statements=[Statement("Cosines of raw [CLS] are high", (("00", "no such claim"),))])["verdict"].tolist()
    ['not found']
    """
    import pandas as pd

    statements = list(THESIS) if statements is None else arguments.items(statements, "statements", "Statement")
    if not all(isinstance(statement, Statement) for statement in statements):
        raise TypeError("statements must be a list of Statement.")
    here = arguments.items(here, "here", "verdicts")
    if not all(isinstance(verdict, Verdict) for verdict in here):
        raise TypeError("here must be a list of verdicts, from judge or judge_fact.")
    folder = find_notebooks(folder)
    ledgers = {path.name[:2]: read_ledger(path) for path in sorted(folder.glob(BEFORE))}
    rows = []
    for number, statement in enumerate(statements, 1):
        for notebook, claim in statement.claims:
            row = next((row for row in ledgers.get(notebook, []) if row["claim"] == claim), None)
            found = [row["measured"], row.get("again", ""), row["verdict"]] if row else ["", "", "not found"]
            rows.append([number, notebook, claim, *found])
    again = counted(again)
    rows += [
        [len(statements), "07", verdict.claim, verdict.measured_text, *reversed(settle(verdict, again))] for verdict in here
    ]
    return pd.DataFrame(rows, columns=["statement", "notebook", "claim", "measured", "again", "verdict"])


def count_verdicts(folder: str | Path | None = None):
    """How many claims of each of notebooks 00-06 came out how: a DataFrame, one row a notebook.

    Raises:
        TypeError: ``folder`` is no path.
        ValueError: there are no notebooks.
    """
    import pandas as pd

    paths = sorted(find_notebooks(folder).glob(BEFORE))
    words = ("supported", "not supported", "undecided")
    table = {path.stem: [row["verdict"] for row in read_ledger(path)] for path in paths}
    rows = [[name, len(found), *map(found.count, words)] for name, found in table.items()]
    return pd.DataFrame(rows, columns=["notebook", "claims", *words])
