"""Bad input to every public function: a right answer or an error of ours that names the argument; never a crash or a hang."""

import linecache
import math
import re
import signal
import traceback
import warnings
from dataclasses import fields, is_dataclass
from pathlib import Path

import numpy as np
import pytest
from calls import LEFT_OUT, Call, Things, calls, public_functions
from hypothesis import settings
from strategies import NEVER, wrong_values

import course_utils as cu

PACKAGE = Path(cu.__file__).parent
SECONDS = 20  # a call that takes longer hangs
quick = settings(max_examples=40, deadline=None, database=None, derandomize=True)


@pytest.fixture(scope="module")
def things(tmp_path_factory):
    import tiny
    import torch

    torch.set_num_threads(1)
    folder = tmp_path_factory.mktemp("tiny")
    path = str(tiny.save(folder / "model", heads=True))
    encoder, eager = (cu.load_encoder(path, device="cpu", attention=kind) for kind in ("sdpa", "eager"))
    return Things(encoder, eager, cu.load_pretraining_model(path, device="cpu"), path, folder)


@pytest.fixture(scope="module")
def right(things):
    return calls(things)


def hang(signum, frame):
    raise TimeoutError


def undocumented(call: Call, name: str, value) -> str | None:
    """What is wrong with the outcome of ``call`` when the argument ``name`` is ``value``; ``None`` if nothing is."""
    before = signal.signal(signal.SIGALRM, hang) if hasattr(signal, "SIGALRM") else None
    if before is not None:
        signal.alarm(SECONDS)
    try:
        with warnings.catch_warnings(), np.errstate(all="ignore"):
            warnings.simplefilter("ignore")
            answer = call.function(**{**call.arguments, name: value})
    except TimeoutError:
        return "it hangs"
    except Exception as error:
        return unclear(error, name)
    finally:
        if before is not None:
            signal.alarm(0)
            signal.signal(signal.SIGALRM, before)
    return None if call.nan or is_finite(answer) else f"the answer is not finite: {answer!r:.80}"


def unclear(error: Exception, name: str) -> str | None:
    """What is wrong with an error: not of ours, raised elsewhere, or silent about the argument."""
    ours = (ValueError, TypeError, cu.FetchError, cu.NotEnoughMemoryError)
    last = traceback.extract_tb(error.__traceback__)[-1]
    place = f"{Path(last.filename).name}:{last.lineno}"
    said = f"{type(error).__name__}: {error!s:.150} ({place})"
    if type(error) not in ours:
        return "another error: " + said
    if PACKAGE not in Path(last.filename).parents or not linecache.getline(last.filename, last.lineno).strip().startswith(
        "raise"
    ):
        return "not raised by the course: " + said
    if isinstance(error, cu.FetchError):
        return None  # it names what could not be fetched
    return None if re.search(rf"\b{re.escape(name)}\b", str(error)) else f"does not name {name}: {said}"


def is_finite(answer) -> bool:
    """Whether no number in ``answer`` is NaN or infinite."""
    if isinstance(answer, (float, np.floating)):
        return math.isfinite(answer)
    if hasattr(answer, "detach"):
        answer = answer.detach().float().numpy()
    if isinstance(answer, np.ndarray):
        return answer.dtype.kind != "f" or bool(np.isfinite(answer).all())
    if isinstance(answer, dict):
        return all(map(is_finite, answer.values()))
    if isinstance(answer, (list, tuple)):
        return all(map(is_finite, answer))
    if is_dataclass(answer) and type(answer).__name__ == "Interval":
        return all(is_finite(getattr(answer, part.name)) for part in fields(answer))
    return True


def test_every_public_function_has_a_call(right):
    known = public_functions()
    assert set(known) == set(right) | set(LEFT_OUT)
    names = {f"{value.__module__}.{value.__name__}" for value in known.values()}
    public = [getattr(cu, name) for name in cu.__all__ if name != "__version__"]
    outside = {f"{f.__module__}.{f.__name__}" for f in public if not isinstance(f, type)} - names
    assert outside == {"course_utils.exercises.overview.progress"}  # never raises: test_exercises
    assert not set(right) & set(LEFT_OUT)


def test_the_right_calls_are_right(right):
    for name, call in right.items():
        if call.run:
            assert is_finite(call.function(**call.arguments)), name


@pytest.mark.parametrize("part", range(4))
def test_wrong_values_give_clear_errors_or_right_answers(right, part, monkeypatch, tmp_path, capsys):
    """Each argument of each function in turn is replaced by each wrong value."""
    monkeypatch.chdir(tmp_path)
    tried, problems = 0, []
    for name, call in list(right.items())[part::4]:
        for argument in call.arguments:
            for label, value in wrong_values().items():
                if call.run or label in NEVER:
                    tried += 1
                    problem = undocumented(call, argument, value)
                    problems += [f"{name}({argument}={label}): {problem}"] * bool(problem)
    print(f"TRIED {tried} UNDOCUMENTED {len(problems)}")
    assert not problems, "\n".join([f"{len(problems)} of {tried} calls:", *problems])
