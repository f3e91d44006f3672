"""Shared pieces of the tests: one thread setting, the bundled encoder, and a tiny corpus."""

import os

os.environ.setdefault("HF_HUB_OFFLINE", "1")
os.environ.setdefault("TOKENIZERS_PARALLELISM", "false")

import pytest

WORDS = "the old miller kept seven grey geese behind his mill and sold their eggs to people who came by on market day".split()


def write_corpus(path, documents=40, seed=0):
    """A corpus of made-up sentences, long enough for windows of 16 tokens."""
    import numpy as np

    rng = np.random.default_rng(seed)
    lines = []
    for i in range(documents):
        lines.append(f"# Document {i}")
        for _ in range(8):
            lines.append(" ".join(rng.choice(WORDS, rng.integers(5, 9))) + ".")
        lines.append("")
    path.write_text("\n".join(lines), encoding="utf-8")
    return path


def pytest_terminal_summary(terminalreporter):
    """How much of what the notebooks print nbval really compares, a line a notebook."""
    import nbformat

    from course_utils.publishing import chosen, compared

    for path in chosen([]):
        compare, printing = compared(nbformat.read(path, as_version=4))
        terminalreporter.write_line(
            f"{path.name}: {compare} of {printing} printing cells are compared ({compare / max(printing, 1):.0%})"
        )


@pytest.fixture
def progress_file(tmp_path, monkeypatch):
    """A learner's progress in a file of its own."""
    from course_utils.exercises import record

    file = tmp_path / "progress.json"
    monkeypatch.setenv(record.VARIABLE, str(file))
    monkeypatch.setattr(record, "_memory", {})
    return file


@pytest.fixture(scope="session")
def encoder():
    import torch

    import course_utils as cu

    torch.set_num_threads(2)
    return cu.load_encoder("mini-bert", device="cpu")


@pytest.fixture(scope="session")
def prepared(tmp_path_factory):
    """A folder prepared from the made-up corpus."""
    from course_utils.pretraining.corpus import prepare

    folder = tmp_path_factory.mktemp("prepared")
    corpus = write_corpus(folder / "text.txt")
    prepare([corpus], folder / "data", vocabulary_size=120, held_out=0.2, report=lambda line: None)
    return folder / "data"
