"""The draws change what they are to change, and a claim that wavers is found out."""

import hashlib
import json
import os
import subprocess
import sys

import nbformat
import numpy as np
import pytest

from course_utils import data, replication
from course_utils.proof import draws, seeds


def in_a_kernel(folder, notebook, number, code):
    """What ``code`` prints as JSON after ``install``."""
    start = "import course_utils as cu, json, numpy as np\nfrom course_utils.proof import draws\n"
    start += f"draws.install({notebook!r}, {number}, {str(folder)!r})\n"
    environment = {**os.environ, "OMP_NUM_THREADS": "1"}
    said = subprocess.check_output([sys.executable, "-c", start + code], text=True, timeout=120, env=environment)
    return json.loads(said.splitlines()[-1])


# What is drawn


def test_each_split_is_drawn_from_itself_and_keeps_its_size():
    reviews = data.load_data("reviews")
    made = draws.drawn("reviews", reviews, 3)
    assert (made["split"].value_counts() == reviews["split"].value_counts()).all()
    assert set(made["review_id"]) < set(reviews["review_id"])
    assert 0.6 < made["review_id"].nunique() / len(reviews) < 0.67  # 1 - 1/e
    assert made.equals(draws.drawn("reviews", reviews, 3))
    assert not made.equals(draws.drawn("reviews", reviews, 4))
    assert made.index.tolist() == list(range(len(reviews)))


CHANCE = """print(json.dumps([
    cu.load_data("sts", "test")["pair_id"].tolist(), cu.load_data("passages")["passage_id"].is_unique,
    cu.load_data("probes")["review_id"].equals(cu.load_data("reviews")["review_id"]),
    float(np.random.default_rng(0).normal()), float(np.random.default_rng([0, 1]).normal()),
    float(cu.embed(["one text"], cu.load_encoder("untrained"), "mean")[0, 0]),
    float(cu.embed(["one text"], cu.load_encoder("mini-bert"), "mean")[0, 0]),
]))"""


def test_data_numbers_and_controls_of_a_draw_are_others_and_the_model_is_not(tmp_path):
    pairs, unique, alike, *numbers = in_a_kernel(tmp_path, "03", 2, CHANCE)
    there = data.load_data("sts", "test")["pair_id"]
    assert len(pairs) == len(there)
    assert len(set(pairs)) < len(there)
    assert unique
    assert alike
    import course_utils as cu

    before = [np.random.default_rng(0).normal(), np.random.default_rng([0, 1]).normal()]
    before += [cu.embed(["one text"], cu.load_encoder(name), "mean")[0, 0] for name in ("untrained", "mini-bert")]
    assert np.isclose(numbers, before, atol=1e-4).tolist() == [False, True, False, True]


TRAININGS = """runs = cu.replications()
found = runs.of("sentiment", "cls")
print(json.dumps([list(runs.seeds), found["topic"].tolist(), list(found["sts"].shape)]))"""


def test_a_shipped_training_is_taken_alone(tmp_path):
    seed, rows, shape = in_a_kernel(tmp_path, "06", 3, TRAININGS)
    shipped = replication.replications().columns["sentiment", "cls", 3]["topic"]
    assert (seed, rows, shape) == ([3], [shipped.tolist()], [1, 1580])
    assert not list(tmp_path.iterdir())


def test_a_training_that_was_kept_is_read(tmp_path):
    columns = replication.replications().columns
    kept = {f"{p}|{name}": values for p in ("cls", "mean") for name, values in columns["sentiment", p, 1].items()}
    np.savez(tmp_path / "sentiment-7.npz", **kept)
    seed, rows, _ = in_a_kernel(tmp_path, "06", 7, TRAININGS)
    assert seed == [7]
    assert rows == [columns["sentiment", "cls", 1]["topic"].tolist()]


SEED = """asked = []
from course_utils import training
training._check_settings = lambda *settings: asked.append(settings[-1]) or 1 / 0
for train in (cu.fine_tune_classifier, cu.train_sentence_encoder):
    try:
        data = cu.load_data("reviews", "train"), cu.load_data("paraphrases")
        given = (data[0]["text"], data[0]["sentiment"]) if train is cu.fine_tune_classifier else (data[1], "mean")
        train(cu.load_encoder("mini-bert"), *given, seed=0)
    except ZeroDivisionError:
        pass
print(json.dumps(asked))"""


def test_a_live_training_has_the_seed_of_the_draw(tmp_path):
    assert in_a_kernel(tmp_path, "06", 7, SEED) == [7, 7]


ITEMS = """from course_utils import scores
a, b = (cu.evaluate(way, ["search"]) for way in (cu.tfidf_vectors, lambda texts: cu.tfidf_vectors(texts)[:, ::2]))
two = {"search": np.stack([a["search"], a["search"]])}
values = np.arange(50.0)
print(json.dumps([cu.judge_scores("a", "search", a, b).measured.value, cu.judge_scores("a", "search", two, b).measured.value,
                  cu.bootstrap(lambda rows: values[rows].mean(), 50).value, cu.score("search", a).value]))"""


def test_items_are_drawn_where_no_training_is_compared(tmp_path):
    one, other = (in_a_kernel(tmp_path, "07", number, ITEMS) for number in (1, 2))
    assert one[0] != pytest.approx(other[0])
    assert one[1] == pytest.approx(other[1])  # a training: the seed is what changes
    assert one[2] != pytest.approx(other[2])
    assert one[3] == pytest.approx(other[3])  # a figure that is shown is no claim


# What is counted


def made(*printed):
    cells = [
        nbformat.v4.new_code_cell("x", outputs=[nbformat.v4.new_output("stream", name="stdout", text=text)]) for text in printed
    ]
    return nbformat.v4.new_notebook(cells=cells)


def test_statements_are_read_from_what_cells_print():
    found = seeds.statements(made("a is above b: True; c: False\nnone", "SUPPORTED: equal: True (1)\nup: True"))
    assert found == {"0: a is above b": True, "0: c": False, "1: up": True}


def test_verdicts_are_read_from_what_the_kernel_told():
    line = draws.MARK + json.dumps([["a", "supported", "1"], ["b", "undecided", "2"]])
    assert seeds.told(made("one", f"two\n{line}")) == {"a": "supported", "b": "undecided"}


def notebook_with(path, again):
    """A notebook whose ledger holds three claims, the second wavering; with what came of them again if ``again``."""
    import course_utils as cu

    facts = [("steady", True), ("wavering", False), ("also steady", True)]
    entries = [("we", cu.judge_fact(claim, holds, "counted")) for claim, holds in facts]
    counts = {"supported": 0, "not supported": 8, "undecided": 2}
    shown = cu.ledger(entries, {"wavering": counts} if again else None).to_html()
    output = nbformat.v4.new_output("execute_result", {"text/html": shown})
    nbformat.write(nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell("cu.ledger(x)", outputs=[output])]), path)


@pytest.fixture
def ten(tmp_path, monkeypatch):
    """Ten draws of one notebook; its second claim holds in eight."""
    path = tmp_path / "00_one.ipynb"
    notebook_with(path, again=False)
    monkeypatch.setattr(seeds, "chosen", lambda names: [path])
    for place, number in enumerate(seeds.DRAWS):
        claims = {"steady": "supported", "also steady": "undecided" if place == 5 else "supported"}
        claims["wavering"] = "undecided" if place < 2 else "not supported"
        (tmp_path / f"00-{number}.json").write_text(json.dumps({"claims": claims}))
    return tmp_path


def test_a_wavering_claim_that_a_ledger_calls_decided_is_found_out(ten):
    outcome = seeds.table(ten, ten)
    assert not outcome.passed
    assert outcome.figures == {"less often": {"00: wavering": "not supported in 8"}}
    assert (ten / "claims.csv").read_text().splitlines()[1:] == [
        "00,steady,supported,10,0,0", "00,wavering,not supported,0,8,2", "00,also steady,supported,9,0,1",
    ]  # fmt: skip
    digest = hashlib.sha256((ten / "claims.csv").read_bytes()).hexdigest()
    assert json.loads((ten / "checksums.json").read_text()) == {"claims.csv": digest}


def test_a_ledger_that_says_undecided_passes_and_keeps_the_verdict_of_the_interval(ten):
    notebook_with(ten / "00_one.ipynb", again=True)
    assert seeds.stored(ten / "00_one.ipynb") == {
        "steady": "supported",
        "wavering": "not supported",
        "also steady": "supported",
    }
    outcome = seeds.table(ten, ten)
    assert outcome.passed
    assert outcome.what.startswith(
        "3 claims, 3 decided by their interval; 1 of these in fewer than nine of ten draws, 0 of which"
    )


def test_a_draw_that_is_missing_leaves_no_table(ten):
    (ten / "00-7.json").unlink()
    outcome = seeds.table(ten, ten)
    assert not outcome.passed
    assert "do not have 10 draws" in outcome.what
    assert not (ten / "claims.csv").exists()
