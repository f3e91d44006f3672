"""The pre-training pipeline: what the batches hold, and that a killed run goes on as if it had not been."""

import csv
import os
import signal
import subprocess
import sys
import time

import numpy as np
import pytest

from course_utils.pretraining.batches import FIRST_WORD, IGNORE, MASK, PAD, SEP, BatchMaker, Phase, Plan, make_plan
from course_utils.pretraining.corpus import TokenizedCorpus, prepare, read_documents

CLS_ID = 2


@pytest.fixture(scope="module")
def corpus(prepared):
    return TokenizedCorpus.load(prepared / "train")


def maker(corpus, **options):
    plan = Plan((Phase(30, 16, 64), Phase(5, 24, 16)), seed=3, **options)
    return BatchMaker(corpus, plan, vocabulary_size=120)


def original(batch):
    """The ids before masking."""
    ids = batch["input_ids"].copy()
    real = batch["masked_labels"] != IGNORE
    ids.ravel()[batch["masked_positions"][real]] = batch["masked_labels"][real]
    return ids


def test_a_batch_depends_on_its_step_alone(corpus):
    first, second = maker(corpus), maker(corpus)
    for step in (0, 17, 33):
        second[5]  # another call in between changes nothing
        for name, array in first[step].items():
            np.testing.assert_array_equal(array, second[step][name])
    assert not np.array_equal(first[0]["input_ids"], first[1]["input_ids"])


def test_full_rows_are_cls_a_sep_b_sep_without_padding(corpus):
    batch = maker(corpus, padded_rate=0.0)[0]
    ids = original(batch)
    assert ids.shape == (64, 16)
    assert "attention_mask" not in batch
    assert (ids[:, 0] == CLS_ID).all()
    assert (ids[:, -1] == SEP).all()
    assert ((ids == SEP).sum(1) == 2).all()
    assert (ids != PAD).all()
    ends = (ids == SEP).argmax(1)
    for row, end in zip(batch["token_type_ids"], ends, strict=True):
        assert (row == (np.arange(16) > end)).all()


def test_the_second_phase_is_longer(corpus):
    assert maker(corpus, padded_rate=0.0)[30]["input_ids"].shape == (16, 24)
    with pytest.raises(IndexError):
        maker(corpus)[35]


def test_short_rows_are_padded_and_some_stand_alone(corpus):
    batch = maker(corpus, padded_rate=1.0)[0]
    ids, mask = original(batch), batch["attention_mask"]
    np.testing.assert_array_equal(mask == 0, ids == PAD)
    assert 0.3 < mask.mean() < 0.99
    alone = batch["next_sentence_label"] == IGNORE
    assert 0.2 < alone.mean() < 0.8
    np.testing.assert_array_equal((ids == SEP).sum(1), np.where(alone, 1, 2))
    assert (batch["token_type_ids"][mask == 0] == 0).all()


def test_masking_is_80_10_10_and_never_touches_special_tokens(corpus):
    batches = maker(corpus, mlm_rate=0.2)
    kinds, positions, eligible = [], 0, 0
    for step in range(30):
        batch = batches[step]
        before, real = original(batch), batch["masked_labels"] != IGNORE
        where, labels = batch["masked_positions"][real], batch["masked_labels"][real]
        assert len(np.unique(where)) == len(where)
        assert (labels >= FIRST_WORD).all()
        now = batch["input_ids"].ravel()[where]
        kinds += np.where(now == MASK, "mask", np.where(now == labels, "kept", "random")).tolist()
        unselected = np.setdiff1d(np.arange(before.size), where)
        np.testing.assert_array_equal(batch["input_ids"].ravel()[unselected], before.ravel()[unselected])
        positions, eligible = positions + real.sum(), eligible + (before >= FIRST_WORD).sum()
    shares = {kind: kinds.count(kind) / len(kinds) for kind in ("mask", "random", "kept")}
    assert positions / eligible == pytest.approx(0.2, abs=0.005)
    assert shares["mask"] == pytest.approx(0.8, abs=0.03)
    assert shares["random"] == pytest.approx(0.1, abs=0.02)
    assert shares["kept"] == pytest.approx(0.1, abs=0.02)


def test_next_sentence_labels_mean_what_transformers_says(corpus):
    """0: B follows A in its document. 1: B lies in another document, and never opens one."""
    tokens = corpus.tokens.astype(np.int64)
    document_of_token = np.repeat(corpus.document_of_sentence, np.diff(corpus.sentences))
    openings = set(corpus.sentences[corpus.documents[:-1]].tolist())

    def places(part):
        windows = np.lib.stride_tricks.sliding_window_view(tokens, len(part))
        return set(np.flatnonzero((windows == part).all(1)).tolist())

    batch = maker(corpus, padded_rate=0.0)[0]
    labels = batch["next_sentence_label"]
    assert 0.3 < labels.mean() < 0.7
    for row, label in zip(original(batch)[:32], labels[:32], strict=True):
        end = int((row == SEP).argmax())
        a, b = row[1:end], row[end + 1 : -1]
        starts_a, starts_b = places(a), places(b)
        follows = any(start + len(a) in starts_b for start in starts_a)
        if label == 0:
            assert follows
        else:
            assert starts_b - openings
            assert any(document_of_token[i] != document_of_token[j] for i in starts_a for j in starts_b)


def test_every_window_is_used_before_any_is_used_again(corpus):
    batches = maker(corpus, padded_rate=0.0)
    windows = batches._windows[16]
    phase = Phase(1, 16, len(windows))
    once = batches._windows_of_step(0, phase)
    assert sorted(once) == sorted(windows)
    assert batches._windows_of_step(1, phase).tolist() != once.tolist()


def test_the_plan_ends_with_a_longer_phase():
    plan = make_plan(50e6, seed=0)
    assert [phase.length for phase in plan.phases] == [64, 128]
    assert sum(phase.tokens for phase in plan.phases) == pytest.approx(50e6, rel=0.001)
    assert plan.phases[1].tokens / 50e6 == pytest.approx(0.1, abs=0.01)


def test_reading_documents(tmp_path):
    text = tmp_path / "text.txt"
    text.write_text("# One\nA.\nB.\n\n# Two\nC.\n# Skip this\nD.\n", encoding="utf-8")
    assert list(read_documents([text], skip_titles=["Skip"])) == [("One", ["A.", "B."]), ("Two", ["C."])]
    with pytest.raises(FileNotFoundError, match="one sentence a line"):
        list(read_documents([tmp_path / "missing.txt"]))
    (tmp_path / "empty.txt").write_text("\n\n", encoding="utf-8")
    with pytest.raises(ValueError, match="holds no document"):
        list(read_documents([tmp_path / "empty.txt"]))


def test_a_prepared_folder_is_not_made_twice_and_not_from_something_else(prepared, capsys):
    said = []
    prepare([prepared.parent / "text.txt"], prepared, vocabulary_size=120, held_out=0.2, report=said.append)
    assert said == []
    with pytest.raises(ValueError, match="was prepared with"):
        prepare([prepared.parent / "text.txt"], prepared, vocabulary_size=121, held_out=0.2, report=said.append)


def test_the_vocabulary_is_berts(prepared):
    from transformers import AutoTokenizer

    tokenizer = AutoTokenizer.from_pretrained(prepared / "tokenizer")
    assert tokenizer.convert_ids_to_tokens(range(5)) == ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]"]
    pair = tokenizer("The Old MILL", "seven geese")
    assert tokenizer.convert_ids_to_tokens(pair["input_ids"])[:4] == ["[CLS]", "the", "old", "mill"]
    assert pair["token_type_ids"][-2:] == [1, 1]
    assert tokenizer.mask_token_id == MASK


COMMAND = [
    "--tokens", "25600", "--batch-tokens", "512", "--layers", "1", "--hidden", "16", "--heads", "2", "--vocabulary", "120",
    "--no-compile", "--threads", "1", "--quiet", "--device", "cpu", "--checkpoint-seconds", "0",
    "--held-out", "0.2",
]  # fmt: skip


@pytest.fixture(scope="module")
def long_corpus(tmp_path_factory):
    """Documents that fill 128 tokens, prepared once."""
    folder = tmp_path_factory.mktemp("long")
    rng = np.random.default_rng(1)
    words = "miller kept seven grey geese behind his mill and sold their eggs".split()
    documents = [
        "\n".join([f"# Document {i}", *(" ".join(rng.choice(words, 9)) + "." for _ in range(30)), ""]) for i in range(30)
    ]
    text = folder / "text.txt"
    text.write_text("\n".join(documents), encoding="utf-8")
    prepare([text], folder / "data", vocabulary_size=120, held_out=0.2, report=lambda line: None)
    return text


def command(text, run, *more):
    where = ["--corpus", str(text), "--data", str(text.parent / "data"), "--out", str(run)]
    return [sys.executable, "-m", "course_utils.pretraining", *where, *COMMAND, *more]


def losses_of(run):
    with open(run / "log.csv", newline="", encoding="utf-8") as file:
        return [
            (row["step"], row["train_mlm_loss"], row["train_nsp_loss"], row["learning_rate"]) for row in csv.DictReader(file)
        ]


@pytest.mark.parametrize("objective", [[], ["--no-nsp"]], ids=["mlm+nsp", "mlm"])
def test_a_killed_run_ends_like_one_that_was_not(long_corpus, tmp_path, objective):
    from safetensors.numpy import load_file

    whole, killed = tmp_path / "whole", tmp_path / "killed"
    subprocess.run(command(long_corpus, whole, *objective), check=True, capture_output=True)

    process = subprocess.Popen(command(long_corpus, killed, *objective), stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    deadline = time.monotonic() + 120
    while not (killed / "checkpoint.pt").is_file() and time.monotonic() < deadline:
        time.sleep(0.01)
    process.send_signal(signal.SIGKILL if os.name != "nt" else signal.SIGTERM)
    process.wait()
    assert not (killed / "snapshots" / "step_000050.safetensors").exists(), "the run ended before it was killed"
    subprocess.run(command(long_corpus, killed, *objective), check=True, capture_output=True)

    assert losses_of(whole) == losses_of(killed)
    assert len(losses_of(whole)) == 3
    assert (whole / "held_out.csv").read_text() == (killed / "held_out.csv").read_text()
    name = "snapshots/step_000050.safetensors"
    one, other = load_file(whole / name), load_file(killed / name)
    for key in one:
        np.testing.assert_array_equal(one[key], other[key])


def test_other_settings_are_refused(long_corpus, tmp_path):
    subprocess.run(command(long_corpus, tmp_path / "run"), check=True, capture_output=True)
    again = subprocess.run(
        command(long_corpus, tmp_path / "run", "--mlm-rate", "0.15"), capture_output=True, text=True, check=False
    )
    assert again.returncode == 1
    assert "made with other settings" in again.stderr


def test_both_models_see_the_same_text(long_corpus, tmp_path):
    """The objective is not part of the data order: the twins' inputs are equal."""
    import json

    for name, more in (("nsp", []), ("mlm", ["--no-nsp"])):
        subprocess.run(command(long_corpus, tmp_path / name, *more), check=True, capture_output=True)
    first, second = (json.loads((tmp_path / name / "settings.json").read_text()) for name in ("nsp", "mlm"))
    assert first["plan"] == second["plan"]
    assert first["nsp"] != second["nsp"]
    assert float(losses_of(tmp_path / "mlm")[-1][2]) == 0.0 != float(losses_of(tmp_path / "nsp")[-1][2])


def test_losses_equal_those_of_transformers(prepared):
    """Scoring the selected positions only gives the loss that BertForPreTraining computes over all of them."""
    import torch

    from course_utils.pretraining.training import Shape, _to_tensors, build_model, losses

    arrays = BatchMaker(TokenizedCorpus.load(prepared / "train"), Plan((Phase(4, 16, 8),), seed=0, padded_rate=1.0), 120)[1]
    batch = _to_tensors(arrays)
    model = build_model(120, 16, Shape(2, 32, 2), seed=0)
    mlm, nsp, _, _ = losses(model, batch, nsp=True)
    labels = torch.full(batch["input_ids"].shape, IGNORE).flatten()
    real = batch["masked_labels"] != IGNORE
    labels[batch["masked_positions"][real]] = batch["masked_labels"][real]
    theirs = model(
        input_ids=batch["input_ids"],
        token_type_ids=batch["token_type_ids"],
        attention_mask=batch["attention_mask"],
        labels=labels.view_as(batch["input_ids"]),
        next_sentence_label=batch["next_sentence_label"],
    ).loss
    torch.testing.assert_close(mlm + nsp, theirs)


def test_export_of_a_run_and_its_continuation_loads_as_a_model(long_corpus, tmp_path):
    import course_utils as cu
    from course_utils.models import verify
    from course_utils.pretraining.export import export

    subprocess.run(command(long_corpus, tmp_path / "run", "--no-nsp"), check=True, capture_output=True)
    more = command(long_corpus, tmp_path / "more", "--no-nsp", "--start-from", str(tmp_path / "run"), "--lengths", "128")
    subprocess.run(more, check=True, capture_output=True)
    pairs = tmp_path / "pairs.csv"
    lines = [f"grey geese,{'seven eggs' if i % 2 else 'grey geese sold'} {'mill ' * i},{5 * i / 12:.2f}" for i in range(1, 12)]
    pairs.write_text("sentence1,sentence2,score\n" + "\n".join(lines), encoding="utf-8")
    out = tmp_path / "model"
    data, sets = long_corpus.parent / "data", {"stsb_dev": pairs, "sts": None}
    export([tmp_path / "run", tmp_path / "more"], data, out, "tiny", sets, "Made-up text.", "A | twin.")
    verify(out)
    encoder = cu.load_encoder(out, device="cpu")
    assert encoder.limit == 128
    assert not encoder.has_pooler
    assert cu.embed(["grey geese"], encoder, pooling="mean").shape == (1, 16)
    assert type(cu.load_pretraining_model(out, device="cpu")).__name__ == "BertForMaskedLM"
    card = (out / "README.md").read_text(encoding="utf-8")
    assert "word frequencies alone" in card
    assert "has no trained pooler" in card
    curve = (out / "training_curve.csv").read_text(encoding="utf-8").splitlines()
    assert curve[0].startswith("step,tokens,mlm_loss,mlm_accuracy,nsp_accuracy")
    assert "stsb_dev_cls" in curve[0]
    assert "sts_mean" in curve[0]
    snapshots = [len(list((tmp_path / run / "snapshots").iterdir())) for run in ("run", "more")]
    assert len(curve) == sum(snapshots)  # and the header instead of the second run's beginning, which is the first one's end
    assert curve[-1].split(",")[:2] == ["100", "51200"]
    with pytest.raises(ValueError, match="did not start from"):
        export([tmp_path / "more"], data, out, "tiny", sets, "", "")
