"""The claims can fail: with an untrained encoder, or with shuffled scores and labels, notebooks come to other verdicts.

And they run on other encoders: each notebook on a DistilBERT of another size, with random weights, without segments, pooler and
heads. Notebooks 05 to 07 then train it live, and come to other verdicts as well.
"""

import html
import json
import re

import nbformat
import pytest

from course_utils import publishing
from course_utils.workspace import ROOT

TELL = """import json
_ledger = cu.ledger
def _tell(entries):
    entries = list(entries)
    print("VERDICTS", json.dumps([[verdict.claim, verdict.outcome] for _, verdict in entries]))
    return _ledger(entries)
cu.ledger = _tell"""
SHUFFLE = """import numpy as np
_load_data = cu.load_data
def _shuffled(name, split=None, source="bundled"):
    frame, rng = _load_data(name, split, source), np.random.default_rng(0)
    for column in {"score", "sentiment", "topic"} & set(frame.columns):
        frame[column] = rng.permutation(frame[column])
    return frame
cu.load_data = _shuffled"""


def verdicts(number, model=None, inserted=""):
    """The ledger of a notebook as it comes out on ``model``, with a cell put in after its setup."""
    (path,) = (ROOT / "notebooks").glob(f"{number}_*.ipynb")
    notebook = nbformat.read(path, as_version=4)
    setup = next(i for i, cell in enumerate(notebook.cells) if "cu.setup(seed=" in cell.source and cell.cell_type == "code")
    notebook.cells.insert(setup + 1, nbformat.v4.new_code_cell(f"{TELL}\n{inserted}"))
    if model:
        (chosen,) = [cell for cell in notebook.cells if cell.cell_type == "code" and 'MODEL = "mini-bert"' in cell.source]
        chosen.source = chosen.source.replace('MODEL = "mini-bert"', f"MODEL = {str(model)!r}")
    publishing.run(notebook, path.parent)
    told = [output.text for cell in notebook.cells for output in cell.get("outputs", []) if output.get("name") == "stdout"]
    (line,) = [line for text in told for line in text.splitlines() if line.startswith("VERDICTS ")]
    return dict(json.loads(line.removeprefix("VERDICTS ")))


def stored(number):
    """The verdicts of the notebook as it is committed, read from its last table."""
    (path,) = (ROOT / "notebooks").glob(f"{number}_*.ipynb")
    cells = nbformat.read(path, as_version=4).cells
    (shown,) = [
        cell.outputs[-1]["data"]["text/html"] for cell in cells if cell.cell_type == "code" and "cu.ledger(" in cell.source
    ]
    values = [html.unescape(value) for value in re.findall(r"<td>(.*?)</td>", shown, re.S)]  # four columns
    return dict(zip(values[0::4], values[3::4], strict=True))


@pytest.mark.parametrize("number", ["03", "04"])
def test_an_untrained_encoder_changes_the_verdicts(number):
    before, after = stored(number), verdicts(number, model="untrained")
    changed = [claim for claim in before if after.get(claim) != before[claim]]
    assert len(changed) >= 2, after


@pytest.mark.parametrize("number", ["03", "04"])
def test_shuffled_scores_and_labels_change_the_verdicts(number):
    before, after = stored(number), verdicts(number, inserted=SHUFFLE)
    changed = [claim for claim in before if before[claim] == "supported" and after.get(claim) != "supported"]
    assert len(changed) >= 2, after


@pytest.fixture(scope="module")
def other_encoder(tmp_path_factory):
    """A DistilBERT with random weights: 3 layers of 48 dimensions, no segments, no pooler, no heads."""
    import torch
    from transformers import AutoTokenizer, DistilBertConfig, DistilBertModel

    from course_utils.models import locate

    folder = tmp_path_factory.mktemp("distil")
    tokenizer = AutoTokenizer.from_pretrained(locate("mini-bert"))
    torch.manual_seed(0)
    config = DistilBertConfig(
        vocab_size=len(tokenizer), dim=48, n_layers=3, n_heads=4, hidden_dim=96, max_position_embeddings=96
    )
    DistilBertModel(config).save_pretrained(folder)
    tokenizer.save_pretrained(folder)
    return folder


@pytest.mark.parametrize("number", ["00", "01", "02", "03", "04"])
def test_every_notebook_runs_on_another_encoder(number, other_encoder):
    assert verdicts(number, model=other_encoder)


@pytest.mark.parametrize("number", ["05", "06", "07"])
def test_training_another_encoder_changes_the_verdicts(number, other_encoder):
    before, after = stored(number), verdicts(number, model=other_encoder)
    changed = [claim for claim in before if claim in after and after[claim] != before[claim]]
    assert len(changed) >= 2, after
