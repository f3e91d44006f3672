"""The exercise engine under friendly and hostile answers, and every exercise of every notebook."""

import json
import math
import re
import sys
import threading
import time

import nbformat
import numpy as np
import pytest
import torch

from course_utils.exercises import guard, overview, progress, record
from course_utils.exercises.core import Choice, Exercise, FunctionExercise, Mistake, Prediction, Question, Quiz, ValueExercise
from course_utils.exercises.placeholders import untouched
from course_utils.exercises.results import CORRECT, NOT_ATTEMPTED, NOT_YET, Result, clean, escape
from course_utils.workspace import ROOT

pytestmark = pytest.mark.usefixtures("progress_file")
MODULES = overview.modules()
ALL = [thing for module in MODULES for thing in overview.named(module).values()]
CHECKED = [thing for thing in ALL if isinstance(thing, Exercise)]


def double(x):
    """Twice x."""
    return 2 * x


def add_two(x):
    return x + 2


def divide_by_zero(x):
    raise ZeroDivisionError("division by zero")


COMMON = {
    "title": "Double",
    "difficulty": 1,
    "minutes": 2,
    "why": "It is short.",
    "hints": ["Look.", "Add."],
    "explanation": "So.",
}
doubling = FunctionExercise(
    "nb99.doubling",
    **COMMON,
    reference=double,
    inputs=lambda rng: (rng.normal(size=3),),
    mistakes=[Mistake(add_two, "You add two."), Mistake(divide_by_zero, "You divide.")],
)
three = ValueExercise("nb99.three", **COMMON, expected=lambda: 3, mistakes=[Mistake(2, "One short."), Mistake(4, "One over.")])
colour = Choice(
    "nb99.colour", **COMMON, question="Which?", choices={"a": ("red", "Not red."), "b": ("blue", "Blue it is.")}, answer="b"
)
height = Prediction("nb99.height", "How high?", low=0, high=10)
best = Prediction("nb99.best", "Which?", options=("mean", "[CLS]"))
ranking = Prediction("nb99.ranking", "In which order?", order=("x", "y", "z"))
quiz = Quiz("nb99.quiz", [Question("One?", {"a": ("yes", "It is."), "b": ("no", "It is not.")}, "a")] * 2)


# --- outcomes


def test_the_three_outcomes_of_a_function():
    assert doubling.check(lambda x: x + x) == Result(CORRECT, "Right on 5 random inputs.")
    assert doubling.check(...).outcome == NOT_ATTEMPTED
    assert doubling.check(add_two) == Result(NOT_YET, "You add two.")
    assert doubling.check(lambda x: 1 / 0) == Result(NOT_YET, "You divide.")
    assert "expected" in doubling.check(lambda x: 3 * x).detail


@pytest.mark.parametrize(
    ("answer", "said"),
    [
        (lambda x: print(x), "return"),
        (lambda x: x[:2], r"shape is \(2,\), expected \(3,\)"),
        (lambda x: x * math.nan, "NaN"),
        (lambda x: "six", "Expected numbers"),
        (lambda x, y: x, "TypeError"),
        (lambda x: undefined, "NameError"),  # noqa: F821
        (np.zeros(3), "without calling it"),
    ],
)
def test_a_wrong_function_is_told_what_is_wrong(answer, said):
    result = doubling.check(answer)
    assert result.outcome == NOT_YET
    assert re.search(said, repr(result))


def test_right_answers_in_any_library():
    for answer in (
        lambda x: torch.tensor(x) * 2,
        lambda x: (2 * x).tolist(),
        lambda x: tuple(2 * v for v in x),
        lambda x: (2 * x).astype(np.float32),
        lambda x: torch.tensor(2 * x, requires_grad=True),
    ):
        assert doubling.check(answer).outcome == CORRECT


def test_inputs_are_fresh_and_copied():
    def adds_in_place(x):
        x += 2
        return x

    assert doubling.check(adds_in_place).message == "You add two."
    first, second = doubling.trials(), doubling.trials()
    assert not np.allclose(first[0][0], first[1][0])
    assert not np.allclose(first[0][0], second[0][0])


def test_values_and_choices():
    assert [three.check(answer).outcome for answer in (3, np.int64(3), 2, "3", None, ...)] == [
        CORRECT, CORRECT, NOT_YET, NOT_YET, NOT_YET, NOT_ATTEMPTED,
    ]  # fmt: skip
    assert three.check(2).message == "One short."
    assert colour.check(" B ") == Result(CORRECT, "Blue it is.")
    assert colour.check("a") == Result(NOT_YET, "Not red.")
    assert "one of the letters" in colour.check(2).message


def test_quiz_answers_one_by_one():
    shown = repr(quiz.check("a", "b"))
    assert shown.startswith("1 of 2 right.")
    assert re.search("Correct. It is.$", shown, re.M)
    assert re.search("Not yet. It is not.$", shown, re.M)
    assert "It is not." in shown
    assert "0 of 2" in repr(quiz.check())
    assert "Not attempted" in repr(quiz.check("a"))
    assert "letters" in repr(quiz.check("z", 7))
    assert "*It is not.*" in quiz.solution().markdown


def test_placeholders():
    def stub(x): ...

    def documented(x):
        """Nothing yet."""

    def fill(x):
        y = ...
        return y * 2

    assert all(untouched(answer) for answer in (..., [...], {"a": ...}, stub, documented, fill, lambda x: ...))

    def compares(x):
        return x[...] if x is not ... else None

    assert not any(untouched(answer) for answer in (0, None, [], lambda x: x[..., 0], compares, double, "...", np.zeros(2)))


# --- hostile answers


class Rude:
    """Everything about it fails or lies."""

    def __repr__(self):
        raise RuntimeError("no")

    __str__ = __eq__ = __array__ = __len__ = __iter__ = __bool__ = __hash__ = __repr__
    __getattr__ = None


class Injecting:
    def __repr__(self):
        return "<script>alert(1)</script> `x` **bold**"


def loop_that_catches(x):
    while True:
        try:
            while True:
                x = x + 1
        except BaseException:
            pass


HOSTILE = [
    Rude(), Injecting(), type("<img src=x onerror=alert(1)>", (), {})(), float("nan"), 10**400, "<script>", b"\xff",
    object, [[1], [2, 3]],
    np.array([None, "x"], dtype=object), torch.tensor(float("nan")), "\ud800", "a\x1b[31m\u202eb", {1: {2: [3]}},
    lambda: 0, print, 3 + 4j,
]  # fmt: skip


@pytest.mark.parametrize("answer", HOSTILE, ids=[str(i) for i in range(len(HOSTILE))])
def test_nothing_is_raised_and_no_markup_gets_through(answer):
    for exercise in (doubling, three, colour):
        for given in (answer, lambda x: answer):
            result = exercise.check(given)
            assert result.outcome == NOT_YET
            assert "<" not in result._repr_markdown_()
            assert not re.search("[\x00-\x1f\u202e\ud800]", repr(result))
    for shown in (quiz.check(answer, answer), height.predict(answer), ranking.predict(answer), doubling.hint(answer)):
        assert "<" not in shown.markdown


def raise_system_exit(x):
    raise SystemExit


def raise_markup(x):
    raise ValueError("<script>alert(1)</script> `rm`\n# x")


def raise_rude(x):
    class Rude(Exception):
        def __str__(self):
            raise RuntimeError

    raise Rude


def recurse(x):
    return recurse(x)


@pytest.mark.parametrize("answer", [raise_system_exit, raise_markup, raise_rude, recurse])
def test_exceptions_of_the_learner_are_contained(answer):
    result = doubling.check(answer)
    assert result.outcome == NOT_YET
    assert "<script>" not in result._repr_markdown_()
    assert "`rm`" not in result._repr_markdown_()


def sleep(x):
    time.sleep(60)


def count(x):
    while True:
        x = x + 1


@pytest.mark.parametrize("answer", [count, sleep, loop_that_catches])
def test_endless_code_is_stopped(answer, monkeypatch):
    monkeypatch.setattr(guard, "SECONDS", 0.3)
    start = time.monotonic()
    run = guard.guarded(lambda: answer(0), seconds=0.3)
    assert run.timed_out
    assert time.monotonic() - start < 5


def test_endless_code_is_stopped_outside_the_main_thread():
    runs = []
    thread = threading.Thread(target=lambda: runs.append(guard.guarded(lambda: count(0), seconds=0.3)), daemon=True)
    thread.start()
    thread.join(10)
    assert [run.timed_out for run in runs] == [True]


def test_a_timed_out_check_says_so(monkeypatch):
    monkeypatch.setattr("course_utils.exercises.core.guarded", lambda f: guard.guarded(f, seconds=0.3))
    assert "never ends" in doubling.check(count).message


def test_the_time_limit_leaves_ten_seconds():
    assert guard.SECONDS + 1 < 10


def test_time_without_a_processor_does_not_count(monkeypatch):
    """As in a class on one machine: 0.4 of the 0.5 seconds went to others."""
    waits = iter([1.0] + [1.4] * 1000)
    monkeypatch.setattr(guard, "_waited", lambda: next(waits))
    monkeypatch.setattr(guard, "_has_alarm", lambda: True)
    run = guard.guarded(lambda: time.sleep(0.5) or "done", seconds=0.3)
    assert (run.value, run.timed_out) == ("done", False)


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="only Linux tells how long a thread waited")
def test_waiting_for_a_processor_is_read_from_the_system():
    begun = guard._waited()
    time.sleep(0.05)  # sleeping is not waiting for a processor
    assert 0 <= guard._waited() - begun < 0.05


def test_a_flood_of_output_is_cut(capsys):
    run = guard.guarded(lambda: [print("x" * 1000) for _ in range(1000)] and 1)
    assert len(run.printed) == guard.MOST_OUTPUT
    assert capsys.readouterr().out == ""


def test_what_the_learner_prints_is_shown(capsys):
    doubling.check(lambda x: print("here") or 2 * x)
    assert capsys.readouterr().out == "here\n" * 5


def test_escaping():
    assert escape("<b>*[x](y)*</b>") == "&lt;b&gt;&#42;&#91;x&#93;&#40;y&#41;&#42;&lt;/b&gt;"
    assert clean("a\nb\x00\u202ec\ud800" + "d" * 500).startswith("a b c d")
    assert len(clean("d" * 500)) == 160


# --- hints, solutions, predictions


def test_hints_are_graded_and_the_solution_is_the_reference():
    assert "hint(2)" in repr(doubling.hint())
    assert "Add." in repr(doubling.hint(2))
    assert "2 hints" in repr(doubling.hint(3))
    assert "def doubling(x):" in doubling.solution().markdown
    assert "So." in doubling.solution().markdown
    assert "`3`" in three.solution().markdown
    assert "(right): blue" in colour.solution().markdown


def test_predictions_are_shown_beside_the_measurement():
    assert "made no prediction" in repr(height.compare(4))
    assert "from 0 to 10" in repr(height.predict(11))
    assert "from 0 to 10" in repr(height.predict(True))
    assert height.guess() is None
    assert "Recorded: 3.00" in repr(height.predict(3))
    assert repr(height.compare(np.float32(4.5))) == "You predicted: 3.00. Measured: 4.50. Off by 1.50."
    best.predict("mean")
    assert "As you predicted" in repr(best.compare("mean"))
    assert "Not what" in repr(best.compare("[CLS]"))
    ranking.predict(["z", "y", "x"])
    assert "1 of 3 pairs" in repr(ranking.compare(["y", "x", "z"])) or "0 of 3" in repr(ranking.compare(["x", "y", "z"]))
    assert "0 of 3 pairs" in repr(ranking.compare(["x", "y", "z"]))
    assert "Put all of these" in repr(ranking.predict(["x", "y"]))
    with pytest.raises(ValueError, match="cannot be measured"):
        height.compare(math.nan)


# --- progress


def test_progress_is_kept_and_a_later_mistake_does_not_lose_it(progress_file):
    doubling.check(add_two)
    assert json.loads(progress_file.read_text())["nb99.doubling"] == {"checks": 1, "outcome": NOT_YET}
    doubling.check(double)
    doubling.check(add_two)
    doubling.hint(2)
    assert json.loads(progress_file.read_text())["nb99.doubling"] == {"checks": 3, "outcome": CORRECT, "hints": 2}


def test_not_attempted_is_not_recorded(progress_file):
    doubling.check(...)
    quiz.check(..., ...)
    height.predict(...)
    assert not progress_file.exists()


@pytest.mark.parametrize("content", ["{", "[1, 2]", '{"nb99.three": 7}', "", "\x00" * 10, "[" * 100_000])
def test_a_damaged_file_is_no_error(progress_file, content):
    progress_file.write_text(content)
    assert three.check(3).outcome == CORRECT
    assert json.loads(progress_file.read_text())["nb99.three"]["outcome"] == CORRECT
    kept = progress_file.with_suffix(".damaged.json")
    assert kept.exists() == (content != '{"nb99.three": 7}')


def test_lying_entries_are_not_believed(progress_file):
    name = CHECKED[0].name
    progress_file.write_text(
        json.dumps({name: {"outcome": "<b>", "checks": "many", "hints": -3, "solution": "yes"}, "nb99.height": {"guess": "x"}})
    )
    row = progress().set_index("exercise").loc[CHECKED[0].title]
    assert (row["result"], row["checks"], row["hints"], row["solution"]) == (NOT_ATTEMPTED, 0, 0, "")
    assert height.guess() is None


def test_where_nothing_can_be_written_memory_serves(tmp_path, monkeypatch):
    (tmp_path / "a_file").write_text("")
    for place in (str(tmp_path / "a_file" / "progress.json"), "", "/proc/nowhere/progress.json"):
        monkeypatch.setenv(record.VARIABLE, place)
        monkeypatch.setattr(record, "_memory", {})
        assert doubling.check(double).outcome == CORRECT
        assert record.read()["nb99.doubling"]["outcome"] == CORRECT
        doubling.check(double)
        assert record.read()["nb99.doubling"]["checks"] == 2


def test_without_a_home_folder(monkeypatch):
    monkeypatch.delenv(record.VARIABLE)
    monkeypatch.setattr("pathlib.Path.home", lambda: (_ for _ in ()).throw(RuntimeError("no home")))
    assert record.path() is None
    assert doubling.check(double).outcome == CORRECT


def test_two_kernels_at_once(progress_file):
    def work(number):
        for i in range(20):
            record.update(f"nb99.{number}", lambda entry, i=i: entry.__setitem__("checks", i + 1))

    threads = [threading.Thread(target=work, args=(number,)) for number in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert json.loads(progress_file.read_text()) == {f"nb99.{number}": {"checks": 20} for number in range(4)}


def test_what_was_counted_in_memory_is_added_to_what_others_wrote(progress_file, monkeypatch):
    def once_more(entry):
        entry["checks"] = record.count(entry, "checks") + 1

    with monkeypatch.context() as full:
        full.setattr(record.json, "dump", lambda *arguments, **more: (_ for _ in ()).throw(OSError("no space")))
        for _ in range(2):
            record.update("nb99.one", once_more)
            assert not progress_file.exists()
    assert record.read() == {"nb99.one": {"checks": 2}}
    progress_file.write_text(json.dumps({"nb99.one": {"checks": 5, "hints": 1}, "nb99.two": {"checks": 7}}))
    assert record.read()["nb99.one"] == {"checks": 7, "hints": 1}
    record.update("nb99.two", once_more)
    wanted = {"nb99.one": {"checks": 7, "hints": 1}, "nb99.two": {"checks": 8}}
    assert record.read() == json.loads(progress_file.read_text()) == wanted


def test_progress_lists_every_exercise():
    CHECKED[0].check("something wrong")
    table = progress()
    assert len(table) == len(ALL)
    assert list(table.columns) == ["notebook", "exercise", "kind", "result", "checks", "hints", "solution"]
    row = table[table["exercise"] == CHECKED[0].title].iloc[0]
    assert (row["result"], row["checks"]) == (NOT_YET, 1)


# --- every exercise of every notebook


@pytest.fixture(params=CHECKED, ids=lambda exercise: exercise.name)
def exercise(request):
    return request.param


def cells_of(name):
    (path,) = (ROOT / "notebooks").glob(f"{name[2:4]}_*.ipynb")
    return nbformat.read(path, as_version=4).cells


def test_there_are_enough():
    counts = {module.__name__[-2:]: sum(isinstance(x, Exercise) for x in overview.named(module).values()) for module in MODULES}
    assert all(counts[number] >= 5 for number in ("01", "02", "03", "04")), counts
    for module in MODULES:
        kinds = [type(thing).__name__ for thing in overview.named(module).values()]
        assert kinds.count("Quiz") == 1
        assert "Prediction" in kinds


def test_untouched_is_not_attempted(exercise):
    names = {}
    exec(exercise.stub, names)
    answers = [value for name, value in names.items() if not name.startswith("__")]
    assert exercise.check(answers[-1]).outcome == NOT_ATTEMPTED
    assert exercise.check(...).outcome == NOT_ATTEMPTED


def test_the_right_answers_pass(exercise):
    if isinstance(exercise, Choice):
        right = [exercise.answer]
        assert set(exercise.choices) > {exercise.answer}
    elif isinstance(exercise, FunctionExercise):
        right = [exercise.reference, *exercise.alternatives]
        assert exercise.alternatives
    else:
        right = [exercise.expected(), *(a() if callable(a) else a for a in exercise.alternatives)]
    for answer in right:
        assert exercise.check(answer).outcome == CORRECT, repr(exercise.check(answer))


def test_each_mistake_gets_its_own_message(exercise):
    if isinstance(exercise, Choice):
        wrong = {letter: said for letter, (_, said) in exercise.choices.items() if letter != exercise.answer}
    elif isinstance(exercise, FunctionExercise):
        wrong = {mistake.answer: mistake.message for mistake in exercise.mistakes}
    else:
        wrong = {i: mistake.message for i, mistake in enumerate(exercise.mistakes)}
    assert len(wrong) >= 2
    assert len(set(wrong.values())) == len(wrong)
    for i, (answer, message) in enumerate(wrong.items()):
        if isinstance(exercise, ValueExercise):
            answer = exercise.mistakes[i].answer
            answer = answer() if callable(answer) else answer
        assert exercise.check(answer) == Result(NOT_YET, message)


def test_hostile_answers_to_every_exercise(exercise):
    for answer in (Rude(), Injecting(), None, lambda *arguments: [None], raise_markup, "<script>"):
        result = exercise.check(answer)
        assert result.outcome == NOT_YET
        assert "<script" not in result._repr_markdown_()


def test_it_stands_in_its_notebook_as_it_is_described(exercise):
    cells = cells_of(exercise.name)
    attribute = exercise.name.split(".")[1]
    (place,) = [i for i, cell in enumerate(cells) if cell.cell_type == "code" and f"q.{attribute}.check(" in cell.source]
    assert cells[place].source.startswith(exercise.stub)
    heading = next(cell for cell in reversed(cells[:place]) if cell.cell_type == "markdown" and "### Exercise" in cell.source)
    lines = heading.source.splitlines()
    assert re.fullmatch(rf"### Exercise {exercise.name[2:4]}\.\d+: {re.escape(exercise.title)}", lines[0])
    assert lines[1] == exercise.card
    assert 1 <= exercise.difficulty <= 3
    assert len(exercise.hints) >= 2
    assert exercise.explanation
    offered = cells[place + 1].source
    assert f"# q.{attribute}.hint()" in offered
    assert f"# q.{attribute}.solution()" in offered
    (shown,) = cells[place].outputs
    assert shown["data"]["text/plain"].startswith("○ Not attempted.")


COMPARED_LATER = ("nb00.best_way", "compare")  # the first guess meets its outcome in the last notebook


@pytest.mark.parametrize("module", MODULES, ids=lambda module: module.__name__[-4:])
def test_names_are_the_attributes_and_all_are_used(module):
    source, last = ("\n".join(c.source for c in cells_of(nb) if c.cell_type == "code") for nb in (module.__name__[-4:], "nb07"))
    for attribute, thing in overview.named(module).items():
        assert thing.name == f"{module.__name__[-4:]}.{attribute}"
        verbs = ("predict", "compare") if isinstance(thing, Prediction) else ("check",)
        for verb in verbs:
            place, call = (last, thing.name) if (thing.name, verb) == COMPARED_LATER else (source, f"q.{attribute}")
            assert f"{call}.{verb}(" in place, (attribute, verb)
    for quiz in (thing for thing in vars(module).values() if isinstance(thing, Quiz)):
        assert len(quiz.questions) == 4
        assert len({question.answer for question in quiz.questions}) > 1
        for question in quiz.questions:
            assert question.answer in question.choices
            assert all(said for _, said in question.choices.values())
