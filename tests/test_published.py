"""Published figures beside measured ones, and the sections of notebooks 03, 04 and 06 that measure them, on stand-ins."""

import dataclasses
import re
from itertools import combinations

import hub as stand_in
import nbformat
import numpy as np
import pytest
import tiny
from scipy.stats import spearmanr

import course_utils as cu
from course_utils import hub, published
from course_utils.workspace import ROOT

SECTION = "The same on BERT-base and STS-B"
BERT, SBERT, MINILM = "bert-base-uncased", "bert-base-nli-mean-tokens", "all-MiniLM-L6-v2"
EXPECTED = {
    "03": [
        (f"{BERT}: [CLS] of layer 12", "16.50"),
        (f"{BERT}: [CLS] of layer 12", "20.29"),
        (f"{BERT}: [CLS] of layer 11", "16.50"),
        (f"{BERT}: mean of layer 12", "46.35"),
        (f"{BERT}: mean of layer 12", "47.29"),
    ],
    "04": [
        (f"{BERT}: mean of layer 12", "46.35"),
        (f"{BERT}: mean of layer 12", "47.29"),
        (f"{BERT}: mean of layer 11", "46.35"),
        (f"{BERT}: mean of layers 0 and 12", "53.87"),
        (f"{BERT}: mean of layers 1 and 12", "59.05"),
        (f"{BERT}: mean of layers 1 and 12", "59.04"),
        (f"{BERT}: mean of layers 1 and 12", "59.04"),
        (f"{BERT}: mean of layers 11 and 12", "46.35"),
        (f"{BERT}: mean of layers 11 and 12", "59.04"),
    ],
    "06": [
        (f"{BERT}: mean of layer 12", "46.35"),
        (f"{BERT}: mean of layer 12", "47.29"),
        (f"{BERT}: [CLS] of layer 12", "16.50"),
        (f"{BERT}: [CLS] of layer 12", "20.29"),
        (f"{SBERT}: mean of layer 12", "77.03"),
        (f"{SBERT}: mean of layer 12", "77.12"),
        (f"{SBERT}: [CLS] of layer 12", "none"),
        (f"{MINILM}: mean of layer 6", "82.03"),
        (f"{MINILM}: [CLS] of layer 6", "none"),
    ],
}


def section(number):
    """The notebook's code cell of the section, with the numbers of its heading and of the section before it."""
    (path,) = (ROOT / "notebooks").glob(f"{number}_*.ipynb")
    cells = nbformat.read(path, as_version=4).cells
    headings = [(i, cell.source) for i, cell in enumerate(cells) if cell.source.startswith("## ")]
    at = next(k for k, (_, source) in enumerate(headings) if SECTION in source)
    (start, heading), (end, after) = headings[at], headings[at + 1]
    assert after.startswith("## What we saw")
    (code,) = [cell for cell in cells[start:end] if cell.cell_type == "code"]
    numbers = [int(re.match(r"## (\d+) ", source)[1]) for source in (headings[at - 1][1], heading)]
    return code, numbers


def run(code):
    """What the cell displays, on nothing but the names of the setup cell; what it prints is left to ``capsys``."""
    shown = []
    exec(compile(code.source, "section", "exec"), {"cu": cu, "display": shown.append})
    return shown


@pytest.fixture(scope="module")
def folders(tmp_path_factory):
    folder, shapes = tmp_path_factory.mktemp("models"), {BERT: (12, 0.2), SBERT: (12, 0.1), MINILM: (6, 0.08)}
    return {
        name: tiny.save(folder / name, num_hidden_layers=layers, initializer_range=spread)
        for name, (layers, spread) in shapes.items()
    }


@pytest.fixture
def stand_ins(folders, monkeypatch):
    """``cu.load_encoder`` and ``cu.load_data`` give tiny random models and 40 made-up pairs; yields the pairs."""
    import pandas as pd

    rng = np.random.default_rng(0)
    texts = [" ".join(rng.choice(tiny.WORDS[5:], rng.integers(2, 9))) for _ in range(80)]
    pairs = pd.DataFrame({"sentence1": texts[:40], "sentence2": texts[40:], "score": rng.integers(0, 6, 40) / 1.0})
    load_encoder = cu.load_encoder

    def encoder(name):
        return dataclasses.replace(
            load_encoder(folders[name], device="cpu"), name=name, pooling=None if name == BERT else "mean"
        )

    def data(name, split=None, source="bundled"):
        assert (name, split, source) == ("sts", "test", "hub")
        return pairs

    monkeypatch.setattr(cu, "load_encoder", encoder)
    monkeypatch.setattr(cu, "load_data", data)
    return pairs


def by_hand(folder, texts):
    """Hidden states of each text alone, one (tokens, dim) array a layer, by transformers without any padding."""
    import torch
    from transformers import AutoModel, AutoTokenizer

    model, tokenizer = AutoModel.from_pretrained(folder).eval(), AutoTokenizer.from_pretrained(folder)
    with torch.inference_mode():
        outputs = [model(**tokenizer([text], return_tensors="pt"), output_hidden_states=True) for text in texts]
    return [[state[0].double().numpy() for state in output.hidden_states] for output in outputs]


def test_every_row_has_its_source_its_extraction_and_a_setting():
    for row in published.PUBLISHED:
        assert 0 < row.value < 100
        assert re.fullmatch(r"arXiv \d{4}\.\d{5}|[\w-]+/[\w-]+", row.address), row.address
        assert len(row.source) > 10
        assert row.extraction
        assert row.settings
        for setting in row.settings:
            assert re.fullmatch(r"[\w-]+: (\[CLS\]|mean) of (layer \d+|layers \d+ and \d+)", setting), setting


def test_every_row_is_measured_by_a_section():
    measured = {line for lines in EXPECTED.values() for line in lines}
    assert measured >= {(setting, f"{row.value:.2f}") for row in published.PUBLISHED for setting in row.settings}


def test_inside_below_and_above_follow_from_the_interval(monkeypatch):
    rng = np.random.default_rng(1)
    gold = rng.normal(size=400)
    cosines = gold + rng.normal(size=400)
    interval = cu.spearman_interval(cosines, gold)
    figures = {
        "inside": 100 * interval.low + 0.01,
        "below the interval": 100 * interval.low - 0.01,
        "above the interval": 100 * interval.high + 0.01,
    }
    rows = [published.Published(value, "somebody", "a/b", ("way",), "stated") for value in figures.values()]
    monkeypatch.setattr(published, "PUBLISHED", tuple(rows))
    table = published.beside_published({"way": cosines, "other": -cosines}, gold)
    assert table["published lies"].tolist() == [*figures, ""]
    assert table.index.tolist() == ["way"] * 3 + ["other"]
    rho = 100 * spearmanr(cosines, gold).statistic
    for value, (_, line) in zip(figures.values(), table.iloc[:3].iterrows(), strict=True):
        assert float(line["off by"]) == pytest.approx(rho - value, abs=0.006)
        low, high = re.fullmatch(rf"{rho:.2f} \[(.*), (.*)\]", line["measured here"]).groups()
        assert (float(low), float(high)) == pytest.approx((100 * interval.low, 100 * interval.high), abs=0.006)
    assert table.iloc[3].tolist() == ["none", "", "", table["measured here"].iloc[3], "", ""]
    with pytest.raises(ValueError, match="no scores"):
        published.beside_published({}, gold)


@pytest.mark.parametrize("number", EXPECTED)
def test_asked_for_a_section_gives_its_rows(number, stand_ins, monkeypatch, capsys):
    monkeypatch.setenv("COURSE_ONLINE", "1")
    code, _ = section(number)
    (table,) = run(code)
    assert list(zip(table.index, table["published"], strict=True)) == EXPECTED[number]
    printed = capsys.readouterr().out
    if number == "03":
        assert "raw [CLS] is below the mean, by cosine (bert-base-uncased, STS-B) (" in printed
    if number == "06":
        assert [line.split(" ")[-1] for line in printed.splitlines()[:3]] == ["None", "mean", "mean"]
        assert "worse when read with [CLS] (STS-B) (" in printed


@pytest.mark.parametrize("number", EXPECTED)
def test_a_section_takes_the_tensors_that_it_names(number, stand_ins, folders, monkeypatch):
    monkeypatch.setenv("COURSE_ONLINE", "1")
    monkeypatch.setattr(cu, "beside_published", lambda scores, gold: (scores, list(gold)))
    code, _ = section(number)
    ((scores, gold),) = run(code)
    assert gold == stand_ins["score"].tolist()
    texts = [*stand_ins["sentence1"], *stand_ins["sentence2"]]
    states = {name: by_hand(folders[name], texts) for name in {setting.split(":")[0] for setting in scores}}
    for setting, cosines in scores.items():
        name, pooling, layers = re.fullmatch(r"(.*): (.*) of layers? (.*)", setting).groups()
        layers = [int(layer) for layer in layers.split(" and ")]
        vectors = [
            sum(layer[0] if pooling == "[CLS]" else layer.mean(0) for layer in (of[k] for k in layers)) for of in states[name]
        ]
        np.testing.assert_allclose(cosines, cu.cosine(vectors[:40], vectors[40:]), atol=1e-5, err_msg=setting)
    assert all(np.abs(a - b).max() > 1e-3 for a, b in combinations(scores.values(), 2)), "the settings cannot be told apart"


def test_the_sections_run_from_a_hub_and_then_without_one(folders, tmp_path):
    """Nothing replaced but the hub itself: the real client, the pinned commits, the public set."""
    import io

    import pandas as pd

    from course_utils.data import PUBLIC

    repositories = {}
    for name, folder in folders.items():
        known = hub.MODELS[name]
        repositories[known.repository] = stand_in.Repository(tiny.files(folder), known.revision.replace("main", "c" * 40))
    rng, buffer = np.random.default_rng(0), io.BytesIO()
    texts = [" ".join(rng.choice(tiny.WORDS[5:], rng.integers(2, 9))) for _ in range(80)]
    pairs = pd.DataFrame({"sentence1": texts[:40], "sentence2": texts[40:], "score": rng.random(40)})
    pairs.to_parquet(buffer)
    public = PUBLIC["sts"]
    files = {"data/test-00000-of-00001.parquet": buffer.getvalue()}
    repositories[public.repository] = stand_in.Repository(files, public.revision, "dataset")
    cells = "\n".join(section(number)[0].source for number in EXPECTED)
    program = f"import course_utils as cu\ndisplay = lambda table: print(len(table), 'rows')\n{cells}"
    with stand_in.serve(repositories) as endpoint:
        first = stand_in.in_a_fresh_process(program, tmp_path, HF_ENDPOINT=endpoint, COURSE_ONLINE="1")
    assert re.findall(r"(\d+) rows", first.stdout) == [str(len(rows)) for rows in EXPECTED.values()], first.stderr
    again = stand_in.in_a_fresh_process(program, tmp_path, HF_HUB_OFFLINE="1", COURSE_ONLINE="1")
    assert again.stdout == first.stdout


@pytest.mark.parametrize("number", EXPECTED)
def test_not_asked_for_a_section_prints_the_stored_line_and_touches_nothing(number, monkeypatch, capsys):
    def refuse(*args, **kwargs):
        raise AssertionError(f"not asked for: {args}")

    monkeypatch.delenv("COURSE_ONLINE", raising=False)
    for name in ("load_encoder", "load_data", "embed_each"):
        monkeypatch.setattr(cu, name, refuse)
    monkeypatch.setattr("socket.socket.connect", refuse)
    code, (before, own) = section(number)
    assert own == before + 1
    assert run(code) == []
    printed = capsys.readouterr()
    assert printed.out.count("\n") == 1
    assert "COURSE_ONLINE" in printed.out
    assert printed.err == ""
    (stored,) = code.outputs
    assert stored.text == printed.out


@pytest.mark.parametrize(
    ("value", "asked"), [("1", True), ("on", True), (" TRUE ", True), ("0", False), ("no", False), ("", False)]
)
def test_the_variable_asks(value, asked, monkeypatch, capsys):
    monkeypatch.setenv("COURSE_ONLINE", value)
    assert cu.online(BERT, "sts") is asked
    assert bool(capsys.readouterr().out) is not asked


def test_the_line_says_what_would_be_fetched_from_the_tables(monkeypatch, capsys):
    from course_utils import data, hub

    monkeypatch.delenv("COURSE_ONLINE", raising=False)
    cu.online(BERT, "sts", "owner/another", minutes=4)
    line = capsys.readouterr().out
    for known in (hub.MODELS[BERT], data.PUBLIC["sts"]):
        assert f"({known.repository}, {known.megabytes} MB)" in line
    assert "owner/another" in line
    assert "about 4 minutes" in line
    with pytest.raises(ValueError, match="cannot be a name"):
        cu.online("no name")
