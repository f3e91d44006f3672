"""Other seeds and other data: every claim of every notebook ten times over, and how often it came out as the notebook says."""

from __future__ import annotations

import csv
import html
import json
import re
from collections import Counter
from pathlib import Path

import nbformat

from course_utils.proof import Outcome, Steps, draws
from course_utils.proof.runner import FOLDER
from course_utils.publishing import chosen, run

DRAWS = (5, 6, 7, 8, 9, 0, 1, 2, 3, 4)  # those whose trainings are not shipped first
HOLDS = 9  # of ten
TABLE = Path(__file__).parent.parent / "results" / "claims.csv"
COLUMNS = ("notebook", "claim", "verdict", "supported", "not supported", "undecided")
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
    """Claim to verdict of the notebook as it is committed, read from its last table."""
    cells = nbformat.read(path, as_version=4).cells
    (shown,) = [c.outputs[-1]["data"]["text/html"] for c in cells if c.cell_type == "code" and "cu.ledger(" in c.source]
    values = [html.unescape(value) for value in re.findall(r"<td>(.*?)</td>", shown, re.S)]  # four columns
    return dict(zip(values[0::4], values[3::4], strict=True))


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
    found = {"claims": told(made), "statements": statements(made)}
    (folder / f"{name}-{number}.json").write_text(json.dumps(found, indent=1), encoding="utf-8")
    other = [claim for claim, outcome in stored(path).items() if found["claims"].get(claim) != outcome]
    turned = [words for words, value in before.items() if found["statements"].get(words) != value]
    return Outcome(
        passed=True,  # one draw decides nothing: the table does
        what=f"{len(found['claims'])} claims, {len(other)} with another verdict; "
        f"{len(turned)} statements of {len(before)} turned",
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
            rows.append({"notebook": name, "claim": claim, "verdict": verdict, **{key: times[key] for key in COLUMNS[3:]}})
    return rows


def table(folder: Path, target: Path = TABLE) -> Outcome:
    """``results/claims.csv`` from all draws; passed if each decided claim came out alike in nine of ten."""
    rows = counts(folder)
    short = [row for row in rows if sum(row[key] for key in COLUMNS[3:]) < len(DRAWS)]
    if short:
        return Outcome(False, f"{len(short)} of {len(rows)} claims do not have {len(DRAWS)} draws yet")
    with open(target, "w", newline="", encoding="utf-8") as file:
        writer = csv.DictWriter(file, COLUMNS, lineterminator="\n")
        writer.writeheader()
        writer.writerows(rows)
    weak = {f"{row['notebook']}: {row['claim']}": row[row["verdict"]] for row in rows if wavers(row)}
    decided = [row for row in rows if row["verdict"] != "undecided"]
    return Outcome(
        passed=not weak,
        what=f"{len(rows)} claims, {len(decided)} decided, "
        f"{len(decided) - len(weak)} of these alike in {HOLDS} of {len(DRAWS)}",
        figures={"less often": weak},
    )


def wavers(row: dict[str, str | int]) -> bool:
    """Whether a decided claim came out as the notebook says in fewer than nine of ten draws."""
    return row["verdict"] != "undecided" and int(row[row["verdict"]]) < HOLDS
