"""The bench: arithmetic of its table, its goals, and that unequal vectors stop it; nothing here is timed."""

import csv
import dataclasses
import os

import numpy as np
import pytest

import course_utils as cu
from course_utils import benchmarks, training
from course_utils.benchmarks import Goal, compare, embedding, in_turn, startup, table, write_csv

NAMES = {"part": "p", "model": "m", "device": "cpu", "precision": "float32", "ours": "embed float32"}
THEIRS = "encode float32, batches of 32 (its default)"


def row(ratio, lowest=None, **names):
    lowest = ratio if lowest is None else lowest
    made = compare([1.0], [ratio], **{**NAMES, "against": THEIRS, **names})
    return dataclasses.replace(made, lowest=lowest)


def test_a_ratio_is_the_median_of_the_rounds_and_above_one_when_ours_is_faster():
    seconds = compare([1.0, 2.0, 4.0], [3.0, 4.0, 4.0], **NAMES, against="b")
    assert (seconds.ratio, seconds.lowest, seconds.highest, seconds.rounds) == (2.0, 1.0, 3.0, 3)
    assert (seconds.our_median, seconds.other_median, seconds.unit) == (2.0, 4.0, "s")
    speeds = compare([30.0, 40.0, 40.0], [10.0, 20.0, 40.0], **NAMES, against="b", unit="tokens/s")
    assert (speeds.ratio, speeds.lowest, speeds.highest) == (2.0, 1.0, 3.0)
    for ours, other in (([1.0], [1.0, 2.0]), ([], [])):
        with pytest.raises(ValueError, match="the same number of rounds"):
            compare(ours, other, **NAMES, against="b")


def test_ways_take_turns():
    order = []
    taken = in_turn({"a": 1.0, "b": 2.0, "c": 3.0}, rounds=3, measure=lambda way: order.append(way) or 10 * way)
    assert order == [1, 2, 3, 3, 2, 1, 1, 2, 3]
    assert taken == {"a": [10] * 3, "b": [20] * 3, "c": [30] * 3}


def test_the_table_as_text_and_as_csv(tmp_path):
    rows = [row(1.25), dataclasses.replace(row(3.0, precision="bfloat16"), cosine_min=0.9995, cosine_mean=0.9999)]
    write_csv(rows, tmp_path / "bench.csv")
    with open(tmp_path / "bench.csv", newline="", encoding="utf-8") as file:
        first, second = csv.DictReader(file)
    figures = ["our_median", "other_median", "ratio", "lowest", "highest", "rounds", "cosine_min", "cosine_mean"]
    assert list(first) == ["part", "model", "device", "precision", "ours", "against", "unit", *figures]
    assert (first["ratio"], first["cosine_min"]) == ("1.25", "")
    assert (second["ratio"], second["cosine_min"], second["against"]) == ("3.0", "0.9995", THEIRS)
    text = table(rows)
    assert text.count("p: m, cpu") == 1
    assert "1.25x" in text
    assert text.count("cosine") == 1


def test_goals_of_embedding():
    def met(*rows, amx):
        return [goal.met for goal in embedding.goals(rows, amx=amx)]

    assert met(row(1.2, 1.0), row(1.2, 0.99), row(0.9), amx=False) == [True, False, False]
    for ratio, cosine, reached in ((2.0, 0.9991, True), (1.9, 0.9999, False), (2.5, 0.999, False)):
        reduced = dataclasses.replace(row(ratio, precision="bfloat16"), cosine_min=cosine)
        assert met(reduced, amx=True) == [reached]
        assert met(reduced, amx=False) == [None]
        assert met(dataclasses.replace(reduced, against="encode bfloat16"), amx=True) == []
        assert met(dataclasses.replace(reduced, device="cuda:0"), amx=True) == []


@pytest.mark.parametrize(("theirs", "reached"), [(2.1, True), (2.0, False), (1.5, False)])
def test_the_goal_of_the_first_vector_is_less_than_half(theirs, reached):
    starts = {
        "ours": [startup.Start(0.01, 1.0, 1.5, [0.0])] * 2,
        "theirs": [startup.Start(1.0, theirs, 3.0, [0.0])] * 2,
        "libraries": [startup.Start(0.8, 0.8, 1.0, None)] * 2,
    }
    rows = startup.rows_of(starts, "cpu")
    assert [round(found.ratio, 3) for found in rows] == [100, theirs, 2.0, round(theirs / 0.8, 3)]
    (goal,) = startup.goals(rows)
    assert goal.met is reached
    assert f"{0.8 / theirs:.2f}" in goal.measured


def test_a_goal_says_its_verdict():
    said = [str(Goal("fast", "1x", met)) for met in (True, False, None)]
    assert said == [f"{verdict}: fast (measured: 1x)" for verdict in ("met", "not met", "does not apply here")]


def test_texts_are_mixed_and_the_same_every_time():
    texts = embedding.mixed_texts(60)
    assert texts == embedding.mixed_texts(60)
    assert texts != embedding.mixed_texts(60, seed=1)
    lengths = sorted(len(text.split()) for text in texts)
    assert lengths[20] * 2 < lengths[-10]


def test_rows_of_a_model(monkeypatch):
    monkeypatch.setattr(embedding, "BATCHES", (2, 32))
    monkeypatch.setattr(embedding, "reduced_precisions", lambda device: ["bfloat16"])
    taken = iter([1.0, 5.0])
    monkeypatch.setattr(embedding, "seconds_of", lambda call: next(taken))
    rows = embedding.measure_model("mini-bert", "mini-bert", ["Tea?", "Two cups of tea, please."], "cpu", rounds=1)
    assert [(found.precision, found.against) for found in rows] == [
        ("float32", THEIRS),
        ("float32", "encode float32, batches of 2 (its fastest here)"),
        ("bfloat16", THEIRS),
        ("bfloat16", "encode bfloat16, batches of 32 (its default)"),
    ]
    assert [found.cosine_min for found in rows[:2]] == [None, None]
    assert all(0.999 < found.cosine_min <= found.cosine_mean < 1 for found in rows[2:])


def test_other_vectors_than_theirs_stop_the_bench(monkeypatch):
    def other(encoder, pooling):
        return as_they_are(encoder, "max" if pooling == "mean" else pooling)

    as_they_are = training.as_sentence_transformer
    monkeypatch.setattr(training, "as_sentence_transformer", other)
    with pytest.raises(ValueError, match="mini-bert, mean, float32: embed and encode: they differ by up to"):
        embedding.measure_model("mini-bert", "mini-bert", ["Tea?"], "cpu", rounds=1)


def test_vectors_are_compared_in_shape_and_value():
    zeros = np.zeros((2, 3), np.float32)
    embedding.check_equal(zeros, zeros + 9e-5, "v")
    for other, said in ((zeros + 2e-4, "0.0002"), (zeros[:1], "shapes"), (zeros * np.nan, "nan")):
        with pytest.raises(ValueError, match=said):
            embedding.check_equal(zeros, other, "v")


def test_a_random_bert_base_is_of_full_size(tmp_path, monkeypatch):
    from transformers import BertConfig

    asked = []

    def small(**options):
        asked.append(BertConfig(**options))
        return BertConfig(**options, num_hidden_layers=1, hidden_size=12, intermediate_size=12)

    monkeypatch.setattr("transformers.BertConfig", small)
    encoder = cu.load_encoder(embedding.random_bert_base(tmp_path), device="cpu")
    assert (asked[0].num_hidden_layers, asked[0].hidden_size, asked[0].vocab_size) == (12, 768, 30522)
    assert encoder.model.config.vocab_size == 30522
    assert cu.embed(["Tea?"], encoder).shape == (1, 12)


def test_bars_are_as_before_afterwards(monkeypatch):
    for before in (None, "0"):
        monkeypatch.delenv("TQDM_DISABLE", raising=False)
        if before is not None:
            monkeypatch.setenv("TQDM_DISABLE", before)
        with embedding._no_bars():
            assert os.environ["TQDM_DISABLE"] == "1"
        assert os.environ.get("TQDM_DISABLE") == before


def test_a_fresh_process_is_measured_from_within_and_from_without():
    script = f"{startup._BEGIN}\n{startup._IMPORTED}\nvector = [float(len(sys.argv[1]))]\n{startup._END}"
    found = startup.start(script, "cpu", "folder")
    assert 0 <= found.imported <= found.first_vector < found.process
    assert found.vector == [len(startup.TEXT)]
    with pytest.raises(ValueError, match="A fresh process failed: ValueError: broken"):
        startup.start("raise ValueError('broken')", "cpu", "folder")


def test_the_command_writes_table_and_goals(tmp_path, monkeypatch, capsys):
    asked = []
    monkeypatch.setattr(embedding, "measure", lambda device, rounds=5: asked.append((device, rounds)) or [row(1.5)])
    benchmarks.main(["--part", "embedding", "--device", "cpu", "--rounds", "2", "--csv", str(tmp_path / "out.csv")])
    assert asked == [("cpu", 2)]
    assert (tmp_path / "out.csv").read_text(encoding="utf-8").startswith("part,model,device")
    assert "\nmet: m: embed at least 1.0x" in capsys.readouterr().out


@pytest.mark.parametrize("arguments", [["--rounds", "0"], ["--part", "all"], ["more"]])
def test_a_wrong_call_is_refused(arguments, capsys):
    with pytest.raises(SystemExit) as stopped:
        benchmarks.main(arguments)
    assert stopped.value.code == 2
    assert "bench" in capsys.readouterr().err
