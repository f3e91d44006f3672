"""What does not fit is refused beforehand: limits of containers, the estimate held to a measured peak, and what is said."""

import os
import subprocess
import sys

import pytest

import course_utils as cu
from course_utils import devices, memory


@pytest.fixture
def cgroup(monkeypatch, tmp_path):
    """A container's files, version 2, with limits to be written."""
    monkeypatch.setattr(devices, "CGROUPS", tmp_path)
    monkeypatch.delenv("MEM_LIMIT", raising=False)

    def write(limit, used, droppable=0):
        (tmp_path / "memory.max").write_text(f"{limit}\n")
        (tmp_path / "memory.current").write_text(f"{used}\n")
        (tmp_path / "memory.stat").write_text(f"anon 5\ninactive_file {droppable}\n")

    return write


def test_a_containers_limit_counts(cgroup, monkeypatch, tmp_path):
    machine = devices.memory_gb("cpu")
    cgroup("max", 10**9)
    assert devices.memory_gb("cpu")[1] == machine[1]
    cgroup(2 * 10**9, 15 * 10**8, droppable=10**8)
    assert devices.memory_gb("cpu") == pytest.approx((0.6, 2.0))
    for name in ("memory.max", "memory.current", "memory.stat"):
        (tmp_path / name).unlink()
    (tmp_path / "memory").mkdir()
    for name, text in (("limit_in_bytes", "1000000000"), ("usage_in_bytes", "300000000"), ("stat", "total_inactive_file 0")):
        (tmp_path / "memory" / f"memory.{name}").write_text(text)
    assert devices.memory_gb("cpu") == pytest.approx((0.7, 1.0))


def test_the_limit_that_jupyterhub_sets_counts(cgroup, monkeypatch):
    monkeypatch.setenv("MEM_LIMIT", str(10**15))
    unlimited = devices.memory_gb("cpu")
    monkeypatch.setenv("MEM_LIMIT", str(3 * 10**9))
    free, total = devices.memory_gb("cpu")
    assert total == 3
    assert free < 3
    assert unlimited[1] < 1000


def test_a_model_that_does_not_fit_is_refused_with_a_sentence(cgroup):
    cgroup(2 * 10**9, 19 * 10**8)
    with pytest.raises(cu.NotEnoughMemoryError, match=r"mini-bert, to be loaded and to embed, needs about 0\.1 GB") as caught:
        cu.load_encoder("mini-bert", device="cpu")
    for part in ("0.1 of 2.0 GB are free (cpu)", "a smaller model", "Shut Down All Kernels"):
        assert part in str(caught.value)
    assert isinstance(caught.value, MemoryError)


def test_a_training_that_does_not_fit_is_refused_before_it_begins(cgroup, encoder):
    reviews, triples = cu.load_data("reviews", "train"), cu.load_data("paraphrases")
    cgroup(2 * 10**9, 17 * 10**8)
    with pytest.raises(cu.NotEnoughMemoryError, match=r"Training mini-bert with 32 texts a step needs about 0\.[23] GB"):
        cu.fine_tune_classifier(encoder, reviews["text"], reviews["topic"], max_steps=1)
    with pytest.raises(cu.NotEnoughMemoryError, match=r"Training mini-bert with 192 texts a step needs about 0\.[78] GB"):
        cu.train_sentence_encoder(encoder, triples)


def test_bert_base_on_two_gigabytes():
    """On Binder BERT-base can be read; it cannot be trained. Its shape alone is needed to say so."""
    from transformers import BertConfig

    config, weights, free = BertConfig(), 109_482_240, 1.4  # of 2 GB, with torch and transformers loaded
    assert memory.embedding_gb(config, weights) + memory.RESERVE_GB < free
    assert memory.training_gb(config, weights, 32, 35) > free


MEASURE = """
import pathlib, re
import course_utils as cu
from course_utils import memory
def resident(key):
    return int(re.search(key + r":\\s+(\\d+)", pathlib.Path("/proc/self/status").read_text())[1]) / 1e6 * 1.024
encoder, reviews = cu.load_encoder("mini-bert", device="cpu"), cu.load_data("reviews", "train")
from transformers import Trainer
import accelerate
cu.embed(["a"], encoder)
before = resident("VmRSS")
cu.fine_tune_classifier(encoder, reviews["text"], reviews["topic"], batch_size=256, max_steps=2)
rows = sorted(map(len, encoder.tokenizer(list(reviews["text"]))["input_ids"]))
weights = memory.parameters(encoder.model)
print(resident("VmHWM") - before, memory.training_gb(encoder.model.config, weights, 256, rows[-1]))
"""


@pytest.mark.skipif(not os.path.exists("/proc/self/status"), reason="peaks are read from /proc")
def test_the_estimate_of_a_training_is_near_its_peak():
    """Where it is too low a kernel dies; where it is far too high what would run is refused."""
    run = subprocess.run([sys.executable, "-c", MEASURE], capture_output=True, text=True, timeout=120, check=True)
    peak, estimate = map(float, run.stdout.split())
    assert peak > 0.5
    assert 0.5 * estimate < peak < 1.1 * estimate


def test_capped_steps_say_that_results_mean_nothing(encoder, monkeypatch):
    reviews = cu.load_data("reviews", "train")[:64]
    monkeypatch.setenv(memory.STEPS, "1")
    with pytest.warns(UserWarning, match=r"after 1 of 8 steps \(COURSE_MAX_STEPS\): its results mean nothing"):
        training = cu.fine_tune_classifier(encoder, reviews["text"], reviews["topic"], watch=["Tea?"], watch_at=(0, 8))
    assert sorted(training.watched) == [0, 1]
    assert len(training.losses) == 1
    with pytest.warns(UserWarning, match="after 1 of 2 steps"):
        siamese = cu.train_sentence_encoder(encoder, cu.load_data("paraphrases")[:64], epochs=2)
    assert (len(siamese.losses), siamese.every) == (1, 1)
    monkeypatch.setenv(memory.STEPS, "many")
    with pytest.raises(ValueError, match="COURSE_MAX_STEPS must be a whole number from 1"):
        cu.fine_tune_classifier(encoder, reviews["text"], reviews["topic"])
