"""The proof of the exercises' checks: a sample of it, and the machinery that makes, judges and reports."""

import functools
import json

import numpy as np
import pytest

from course_utils.__main__ import main
from course_utils.exercises import overview, record
from course_utils.exercises.core import Choice, Exercise, FunctionExercise, Prediction, Quiz, ValueExercise
from course_utils.proof import PARTS, Outcome, alternatives, equivalents, exercises, forms, runner, wrong_answers
from course_utils.proof.mutants import mutants_of
from course_utils.proof.verdicts import always_accepted, always_refused, apart

pytestmark = pytest.mark.usefixtures("progress_file")
THINGS = [thing for module in overview.modules() for thing in overview.named(module).values()]
FUNCTIONS = [thing for thing in THINGS if isinstance(thing, FunctionExercise)]
SLOW = ("nb01.wordpiece", "nb03.selectivity", "nb05.permutation_p", "nb01.learn_merges", "nb05.fit_head")
CHOSEN = [thing for thing in THINGS if isinstance(thing, (Choice, Quiz, Prediction))]


@pytest.fixture(scope="module")
def mutants():
    return {exercise.name: mutants_of(exercise.reference) for exercise in FUNCTIONS}


# --- mutants


def total_of(rows, start=0):
    """The sum of the rows over their first axis, from one on."""
    total = start
    for row in rows[1:]:  # the first is left out
        if row.sum() > 0:
            total += row.mean(axis=0)
    return total


def test_mutants_of_a_small_function():
    changes = {mutant.key: mutant.change for mutant in mutants_of(total_of)}
    assert changes["1: 0 => 1"] == "def total_of(rows, start=0): => def total_of(rows, start=1):"
    assert changes["3: without lower end"] == "for row in rows[1:]: => for row in rows[:]:"
    assert changes["3: loop backwards"] == "for row in rows[1:]: => for row in list(rows[1:])[::-1]:"
    assert changes["4: > => >="] == "if row.sum() > 0: => if row.sum() >= 0:"
    assert changes["4: if never"] == "if row.sum() > 0: => if False:"
    assert changes["5: 0 => 1"] == "total += row.mean(axis=0) => total += row.mean(axis=1)"
    assert changes["5: .mean() without axis"] == "total += row.mean(axis=0) => total += row.mean()"
    assert changes["5: .mean => .sum"] == "total += row.mean(axis=0) => total += row.sum(axis=0)"
    assert changes["5: without .mean()"] == "total += row.mean(axis=0) => total += row"
    assert changes["5: += => ="] == "total += row.mean(axis=0) => total = row.mean(axis=0)"
    assert changes["5: without the line"] == "total += row.mean(axis=0) => pass"
    assert changes["6: without return"] == "return total => total"


def first_column(table, mask):
    return (table[:, 0] @ table.T - mask)[mask > 1]


def test_mutants_of_axes_operands_and_parameters():
    changes = {mutant.key: mutant.change.split(" => ")[1] for mutant in mutants_of(first_column)}
    assert changes["2: 0 => 1"] == "return (table[:, 1] @ table.T - mask)[mask > 1]"
    assert changes["2: [] turned"] == "return (table[0, :] @ table.T - mask)[mask > 1]"
    assert changes["2: without .T"] == "return (table[:, 0] @ table - mask)[mask > 1]"
    assert changes["2: - without right"] == "return (table[:, 0] @ table.T)[mask > 1]"
    assert changes["2: - turned"] == "return (mask - table[:, 0] @ table.T)[mask > 1]"
    assert changes["2: without []"] == "return table[:, 0] @ table.T - mask"
    assert changes["2: mask => table#2"] == "return (table[:, 0] @ table.T - mask)[table > 1]"


def test_a_mutant_runs_and_is_not_the_original():
    (turned,) = [mutant for mutant in mutants_of(first_column) if mutant.key == "2: - turned"]
    table, mask = np.arange(4.0).reshape(2, 2), np.array([1.0, 2.0])
    assert first_column(table, mask).tolist() == [4.0]
    assert turned.function(table, mask).tolist() == [-4.0]
    assert total_of(np.ones((3, 2, 2))).tolist() == [2.0, 2.0]


def test_keys_are_unique_and_every_source_is_another(mutants):
    for made in mutants.values():
        assert len({mutant.key for mutant in made}) == len({mutant.source for mutant in made}) == len(made)
    assert sum(map(len, mutants.values())) > 1400


def test_each_reason_belongs_to_a_mutant(mutants):
    for table in (equivalents.EQUIVALENT, equivalents.SURVIVING):
        for name, reasons in table.items():
            assert set(reasons) <= {mutant.key for mutant in mutants[name]}, name
            assert all(reasons.values())
    for name, reasons in equivalents.SURVIVING.items():
        assert not set(reasons) & set(equivalents.EQUIVALENT.get(name, ()))


# --- verdicts


@pytest.mark.parametrize("exercise", FUNCTIONS, ids=lambda exercise: exercise.name)
def test_a_sample_of_mutants_is_caught(exercise, mutants):
    sample = mutants[exercise.name][:: 12 if exercise.name in SLOW else 4]
    found = exercises.tried(exercise, sample, checks=1)
    assert found["equivalent but refused"] == []
    assert all(any(key in shown for key in equivalents.SURVIVING.get(exercise.name, ())) for shown in found["survivors"]), (
        found["survivors"]
    )
    assert found["caught"] + found["equivalent"] + len(found["survivors"]) == found["mutants"] == len(sample)


@pytest.mark.parametrize(
    "exercise", [t for t in THINGS if isinstance(t, (FunctionExercise, ValueExercise))], ids=lambda e: e.name
)
def test_other_right_answers_are_accepted_and_wrong_ones_refused(exercise):
    assert len(alternatives.answers(exercise.name)) >= 2
    assert len(wrong_answers.answers(exercise.name)) >= 10
    outcome = exercises.answers([exercise], checks=1)
    assert outcome.passed, outcome.figures["failures"]


@pytest.mark.parametrize("thing", CHOSEN, ids=lambda thing: thing.name)
def test_choices_and_guesses_are_judged_in_every_form(thing):
    outcome = exercises.choices([thing])
    assert outcome.passed, outcome.figures["failures"]
    assert outcome.figures["answers"] >= 15


def test_a_check_that_accepts_anything_is_found_out():
    lenient = FunctionExercise(
        "nb99.lenient", title="", difficulty=1, minutes=1, why="", hints=[], explanation="",
        reference=total_of, inputs=lambda rng: (np.abs(rng.normal(size=(3, 2, 2))),), compare=lambda answer, expected: True,
    )  # fmt: skip
    found = exercises.tried(lenient, mutants_of(total_of), checks=1)
    assert len(found["survivors"]) > found["caught"]
    assert "not explained" in found["survivors"][0]
    assert not exercises.mutation([lenient]).passed


def test_a_check_that_is_too_strict_is_found_out():
    strict = Choice(
        "nb99.strict", title="", difficulty=1, minutes=1, why="", hints=[], explanation="", question="", answer="c",
        choices={"a": ("", ""), "b": ("", "")},
    )  # fmt: skip
    outcome = exercises.choices([strict])
    assert not outcome.passed
    assert "nb99.strict: 'c' refused" in outcome.figures["failures"]
    shown = Prediction("nb99.guess", "", order=("x", "y"))
    right, wrong = forms.guesses(shown)
    assert ["y", "x"] in right
    assert ["x"] in wrong


def test_verdicts_leave_progress_and_inputs_alone(progress_file):
    cosine = next(exercise for exercise in FUNCTIONS if exercise.name == "nb00.cosine")
    used = cosine._used[0]
    with apart():
        assert always_accepted(cosine, cosine.reference)
        assert always_refused(cosine, lambda a, b: a @ b)
        assert not always_accepted(cosine, lambda a, b: a @ b)
    assert cosine._used[0] == used
    assert not progress_file.exists()
    assert record._memory == {}


# --- steps, resuming, report


def test_steps_cover_every_exercise():
    names = [name for name, _ in exercises.steps()]
    assert len(names) == len(set(names)) == 3 * len(overview.modules())
    covered = {thing.name for _, step in exercises.steps() for thing in step.args[0]}
    assert {thing.name for thing in THINGS if isinstance(thing, (Exercise, Quiz, Prediction))} == covered


def counted(calls, passed=True):
    calls.append(1)
    return Outcome(passed, f"{len(calls)} runs", {"survivors": ["a | b <c>"], "share": 0.5})


def test_a_part_is_resumed_and_reported(tmp_path, capsys):
    first, second = [], []
    steps = [("one", functools.partial(counted, first)), ("two", functools.partial(counted, second, passed=False))]
    run = functools.partial(runner.run, "sample", steps, tmp_path)
    assert not run(state=lambda: "abc")
    assert not run(state=lambda: "abc")
    assert (len(first), len(second)) == (1, 2)  # what has passed is skipped, what failed is run once more
    assert "[sample 1/2] one: done before, 1 runs" in capsys.readouterr().out
    run(state=lambda: "def")
    run(state=lambda: "def", again=True)
    run(state=lambda: "")  # not known: nothing is skipped
    assert (len(first), len(second)) == (4, 5)
    report = (tmp_path / "report.md").read_text("utf-8")
    assert "2 steps, 1 failed." in report
    assert "| **failed** | 5 runs |" in report
    assert r"* a \| b \<c>" in report


def test_a_step_that_breaks_has_failed_and_an_unfinished_line_is_no_harm(tmp_path):
    (tmp_path / "sample.jsonl").write_text('{"step": "one", "com\n[1]\n', "utf-8")
    assert not runner.run(
        "sample", [("one", lambda: 1 / 0), ("two", lambda: Outcome(True, "well"))], tmp_path, state=lambda: "a"
    )
    broken, fine = runner.read(tmp_path / "sample.jsonl")
    assert broken["what"] == "ZeroDivisionError: division by zero"
    assert fine["passed"]


def test_the_command_knows_its_parts(tmp_path, monkeypatch, capsys):
    assert main(["proof", "nothing"]) == 2
    assert "There are: exercises" in capsys.readouterr().err
    monkeypatch.setattr(exercises, "steps", lambda: [("one", lambda: Outcome(True, "well", {}))])
    monkeypatch.setattr(runner, "FOLDER", tmp_path)
    assert main(["proof", "exercises", "--again"]) == 0
    assert json.loads((tmp_path / "exercises.jsonl").read_text("utf-8"))["what"] == "well"
    assert "exercises" in PARTS


def test_the_commit_tells_a_changed_tree(tmp_path):
    assert runner.commit(tmp_path / "nowhere") == ""
    import subprocess

    def git(*arguments):
        subprocess.run(
            ["git", "-c", "user.name=x", "-c", "user.email=x@x", *arguments], cwd=tmp_path, check=True, capture_output=True
        )

    git("init")
    (tmp_path / "a").write_text("1")
    git("add", "a")
    git("commit", "-m", "one")
    clean = runner.commit(tmp_path)
    (tmp_path / "b").write_text("1")
    new = runner.commit(tmp_path)
    (tmp_path / "b").write_text("2")
    assert len(clean) == 12
    assert new.startswith(f"{clean}+")
    assert runner.commit(tmp_path) not in (clean, new)
