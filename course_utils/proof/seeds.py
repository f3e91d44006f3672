"""Other seeds and other data: every claim of every notebook ten times over, and how often it came out as the notebook says."""

from __future__ import annotations

import csv
import json
import re
from collections import Counter
from pathlib import Path

import nbformat

from course_utils.checksums import list_checksum
from course_utils.ledgers import read_ledger
from course_utils.proof import Outcome, Steps, draws
from course_utils.proof.runner import FOLDER
from course_utils.publishing import chosen, run
from course_utils.repetition import COLUMNS, HOLDS, OUTCOMES, TABLE
from course_utils.replication import FOLDER as RESULTS
from course_utils.replication import replications

DRAWS = (5, 6, 7, 8, 9, 0, 1, 2, 3, 4)  # those whose trainings are not shipped first
_VERDICTS = (draws.MARK, "SUPPORTED", "NOT SUPPORTED", "UNDECIDED")
_STATEMENT = re.compile(r"([^\n;|]*?):? (True|False)\b")


def steps() -> Steps:
    """A step for each notebook and draw, then the table."""
    once = [
        (f"{path.name[:2]} draw {number}", lambda path=path, number=number: again(path, number))
        for number in DRAWS
        for path in chosen([])
    ]
    return [*once, ("table", lambda: table(FOLDER / "draws"))]


def run_with(path: Path, inserted: str, model: str | Path | None = None):
    """``path`` executed with a cell put in after its setup, on another ``model`` if one is given: the notebook."""
    notebook = nbformat.read(path, as_version=4)
    setup = next(i for i, cell in enumerate(notebook.cells) if "cu.setup(seed=" in cell.source and cell.cell_type == "code")
    notebook.cells.insert(setup + 1, nbformat.v4.new_code_cell(inserted))
    if model:
        (choice,) = [cell for cell in notebook.cells if cell.cell_type == "code" and 'MODEL = "mini-bert"' in cell.source]
        choice.source = choice.source.replace('MODEL = "mini-bert"', f"MODEL = {str(model)!r}")
    run(notebook, path.parent, timeout=3600)
    del notebook.cells[setup + 1]
    return notebook


def told(notebook) -> dict[str, str]:
    """Claim to verdict, from a notebook in whose kernel ``draws.tell`` was called."""
    (line,) = [line for line in "\n".join(_printed(notebook)).splitlines() if line.startswith(draws.MARK)]
    return {claim: outcome for claim, outcome, _ in json.loads(line.removeprefix(draws.MARK))}


def stored(path: Path) -> dict[str, str]:
    """Claim to verdict of the notebook as it is committed: that of its interval, whatever the repetitions made of it."""
    return {row["claim"]: row.get("again", "").rpartition(" in ")[0] or row["verdict"] for row in read_ledger(path)}


def statements(notebook) -> dict[str, bool]:
    """What the cells print as true or false: ``cell number: the words before`` to the value."""
    found = {}
    for number, text in enumerate(_printed(notebook)):
        lines = [line for line in text.splitlines() if not line.startswith(_VERDICTS)]  # these are counted as claims
        for words, value in _STATEMENT.findall("\n".join(lines)):
            found[f"{number}: {words.strip()}"] = value == "True"
    return found


def _printed(notebook) -> list[str]:
    """The text that each code cell printed."""
    cells = [cell for cell in notebook.cells if cell.cell_type == "code"]
    return ["".join(o.text for o in cell.outputs if o.get("name") == "stdout") for cell in cells]


def again(path: Path, number: int, folder: Path | None = None) -> Outcome:
    """One notebook in draw ``number``; its verdicts are kept in ``folder``."""
    folder = folder or FOLDER / "draws"
    folder.mkdir(parents=True, exist_ok=True)
    name = path.name[:2]
    call = f"from course_utils.proof import draws\ndraws.install({name!r}, {number}, {str(folder)!r})"
    made = run_with(path, call)
    before = statements(nbformat.read(path, as_version=4))
    cut_short = name in draws.TRAINED and number in replications().seeds
    found = {"claims": told(made), "statements": {} if cut_short else statements(made)}
    (folder / f"{name}-{number}.json").write_text(json.dumps(found, indent=1), encoding="utf-8")
    other = [claim for claim, outcome in stored(path).items() if found["claims"].get(claim) != outcome]
    turned = [words for words, value in found["statements"].items() if before.get(words, value) != value]
    return Outcome(
        passed=True,  # one draw decides nothing: the table does
        what=f"{len(found['claims'])} claims, {len(other)} with another verdict; "
        f"{len(turned)} statements of {len(found['statements'])} turned",
        figures={"other verdicts": other, "statements that turned": turned},
    )


def counts(folder: Path) -> list[dict[str, str | int]]:
    """A row for each claim: the notebook, the claim, its stored verdict, and how often each verdict came out in the draws."""
    rows = []
    for path in chosen([]):
        name = path.name[:2]
        files = [folder / f"{name}-{number}.json" for number in DRAWS]
        found = [json.loads(file.read_text(encoding="utf-8"))["claims"] for file in files if file.is_file()]
        for claim, verdict in stored(path).items():
            times = Counter(claims[claim] for claims in found if claim in claims)
            rows.append({"notebook": name, "claim": claim, "verdict": verdict, **{key: times[key] for key in OUTCOMES}})
    return rows


def table(folder: Path, results: Path = RESULTS) -> Outcome:
    """``claims.csv`` in ``results`` from all draws; passed if no ledger calls a claim decided that wavers."""
    rows = counts(folder)
    short = [row for row in rows if sum(row[key] for key in OUTCOMES) < len(DRAWS)]
    if short:
        return Outcome(False, f"{len(short)} of {len(rows)} claims do not have {len(DRAWS)} draws yet")
    with open(results / TABLE, "w", newline="", encoding="utf-8") as file:
        writer = csv.DictWriter(file, COLUMNS, lineterminator="\n")
        writer.writeheader()
        writer.writerows(rows)
    list_checksum(results / TABLE)
    decided = [row for row in rows if row["verdict"] != "undecided"]
    weak = {
        f"{row['notebook']}: {row['claim']}": f"{row['verdict']} in {row[row['verdict']]}" for row in decided if wavers(row)
    }
    said = {
        f"{path.name[:2]}: {row['claim']}" for path in chosen([]) for row in read_ledger(path) if row["verdict"] != "undecided"
    }
    return Outcome(
        passed=not weak.keys() & said,
        what=f"{len(rows)} claims, {len(decided)} decided by their interval; {len(weak)} of these in fewer than nine of ten "
        f"draws, {len(weak.keys() & said)} of which a ledger calls decided",
        figures={"less often": weak},
    )


def wavers(row: dict[str, str | int]) -> bool:
    """Whether a claim came out as its interval says in fewer than nine of ten draws."""
    return row[row["verdict"]] < HOLDS * len(DRAWS)
