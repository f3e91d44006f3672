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
from hypothesis import given, settings
from hypothesis import strategies as st
from strategies import MARKUP, NASTY, NEVER, arrays, texts, wrong_values

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


@pytest.mark.parametrize(
    "vectorise", [lambda texts: None, lambda texts: np.ones((3, 2)), lambda texts: np.full((len(texts), 2), np.nan)]
)
def test_a_way_to_embed_that_gives_no_vectors_is_named(vectorise):
    with pytest.raises((TypeError, ValueError), match="vectorise"):
        cu.evaluate(vectorise, ["search"])


@quick
@given(st.lists(texts(), max_size=4))
def test_any_texts_are_embedded_or_refused(things, given_texts):
    call = Call(cu.embed, {"texts": given_texts, "encoder": things.encoder, "pooling": "mean"})
    assert undocumented(call, "texts", given_texts) is None
    if any("\ud800" <= character <= "\udfff" for text in given_texts for character in text):
        with pytest.raises(ValueError, match="surrogate"):
            call.function(**call.arguments)
        return
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        vectors = call.function(**call.arguments)
        alone = [cu.embed([text], things.encoder, "mean")[0] for text in given_texts]
    assert vectors.shape == (len(given_texts), things.encoder.dimension)
    np.testing.assert_allclose(vectors, np.array(alone).reshape(vectors.shape), atol=1e-5)


def test_a_text_of_100_000_words_is_cut_with_a_warning(things):
    text = "the old miller " * 33_334
    with pytest.warns(UserWarning, match="1 of 1 texts were longer"):
        vectors = cu.embed([text], things.encoder)
    with pytest.warns(UserWarning, match="1 of 1 texts were longer"):
        np.testing.assert_array_equal(vectors, cu.embed([text[:2000]], things.encoder))
    assert cu.count_tokens([text], things.encoder.tokenizer)[0].tolist() == [100_002]
    assert len(cu.bert_words(text)) == 100_002
    assert cu.wordpiece("a" * 100_000, {"a"}) == ["[UNK]"]


@quick
@given(texts())
def test_words_and_their_pieces_are_the_tokenizers(things, text):
    tokenizer = things.encoder.tokenizer
    assert undocumented(Call(cu.bert_words, {"tokenizer": tokenizer}), "text", text) is None
    if not any("\ud800" <= character <= "\udfff" for character in text):
        vocabulary = tokenizer.get_vocab()
        pieces = [piece for word in cu.bert_words(text, tokenizer) for piece in cu.wordpiece(word, vocabulary)]
        if not any(special in text for special in tokenizer.all_special_tokens):
            assert pieces == tokenizer.tokenize(text)
        for word in cu.bert_words(text, tokenizer):
            split = cu.wordpiece(word, {*word, *("##" + letter for letter in word)})
            assert (
                len(word) > 100 or "".join(piece.removeprefix("##") for piece in split) == word.replace("##", "")[: len(word)]
            )


@quick
@given(texts(surrogates=False))
def test_spans_of_tokens_give_the_text_back(things, text):
    encoded = things.encoder.tokenizer(text, return_offsets_mapping=True, add_special_tokens=False, verbose=False)
    offsets = encoded["offset_mapping"]
    for i, (first, last) in enumerate(offsets):
        assert cu.text_of_span(text, offsets, i, i) == text[first:last]
    if offsets:
        assert cu.text_of_span(text, offsets, 0, len(offsets) - 1) == text[offsets[0][0] : offsets[-1][1]]


@quick
@given(st.lists(st.lists(st.integers(0, 30_000), max_size=9), max_size=5), st.integers(2, 9))
def test_padding_can_be_undone_and_truncation_keeps_both_ends(rows, limit):
    ids, mask = cu.pad_batch(rows, 0)
    assert [[token for token, real in zip(*row, strict=True) if real] for row in zip(ids, mask, strict=True)] == rows
    for row in rows:
        cut = cu.truncate(row, limit)
        assert len(cut) == min(len(row), limit)
        assert not row or (cut[0], cut[-1]) == (row[0], row[-1])


@quick
@given(st.lists(texts(), max_size=4), st.lists(texts(), max_size=4))
def test_overlap_lies_between_0_and_1(a, b):
    assert 0 <= cu.jaccard(a, b) <= 1
    assert cu.jaccard(a, b) == cu.jaccard(b, a)
    assert cu.jaccard(a, a) == 1


@settings(quick, max_examples=15)
@given(st.lists(texts(surrogates=False), min_size=1, max_size=3))
def test_texts_come_back_from_files(things, given_texts):
    import pandas as pd

    kept = [text.strip() for text in given_texts if text.strip() and "\x00" not in text]
    path = things.folder / "texts.csv"
    pd.DataFrame({"text": [text.replace("\r", " ") for text in kept]}).to_csv(path, index=False, encoding="utf-8")
    if any(kept):
        assert cu.read_texts(path) == [text.replace("\r", " ") for text in kept]
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        index = cu.SearchIndex.build(given_texts, things.encoder, "mean")
        again = cu.SearchIndex.load(index.save(things.folder / "again"), things.encoder)
        assert again.texts == given_texts
        assert [hit.row for hit in again.search("tea")] == [hit.row for hit in index.search("tea")]


ARRAY_FUNCTIONS = (
    "cka.linear_cka comparisons.rank_correlations duplicates.choose_threshold geometry.uniformity large.exact_search "
    "large.approximate_index postprocessing.fit_zscoring postprocessing.fit_whitening probing.dimension_shares "
    "separation.label_share similarity.cosine statistics.spearman"
).split()


@settings(quick, max_examples=25)
@given(value=arrays())
def test_any_array_gives_an_answer_or_a_clear_error(right, value):
    for name in ARRAY_FUNCTIONS:
        argument = next(iter(right[name].arguments))
        assert undocumented(right[name], argument, value) is None, name


@settings(quick, max_examples=60)
@given(value=arrays(finite=True))
def test_cosines_of_any_finite_vectors_lie_within_1(value):
    if value.ndim == 2 and value.shape[1]:
        if value.size and np.abs(value.astype(float)).max() > 1e100:
            with pytest.raises(ValueError, match="too large"):
                cu.cosine_matrix(value)
            return
        cosines = cu.cosine_matrix(value)
        assert cosines.shape == (len(value), len(value))
        assert np.abs(cosines).max(initial=0) <= 1


def html_of(table) -> str:
    return table._repr_html_()


@pytest.mark.parametrize("text", [text for text in NASTY if text.strip()] + [f'"><img src=x onerror=alert(1)>{MARKUP}'])
def test_no_markup_gets_out_of_a_text(things, text):
    """Neither results of a search nor tables let a text become HTML."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        hits = cu.SearchIndex.build([text, "tea"], things.encoder, "mean").search(text if text.strip() else "tea")
    interval = cu.Interval(0.2, 0.1, 0.3)
    shown = [
        html_of(hits),
        html_of(cu.ledger([(text, cu.judge(text, interval)), (text, cu.judge_fact(text, True, text))])),
        html_of(cu.course_ledger(statements=(), here=[cu.judge_fact(text, True, text)])),
        html_of(cu.beside_published({text: np.arange(9.0)}, np.arange(9.0), resamples=5)),
    ]
    for html in shown:
        tags = set(re.findall(r"<\s*/?\s*([a-zA-Z]+)", html))
        assert tags <= {"table", "thead", "tbody", "tr", "th", "td", "div", "style"}
        assert "onerror=alert" not in re.sub(r"&[a-z0-9#]+;[^<]*", "", html)
    assert "\u202e" not in shown[0] + repr(hits)
    assert "\x1b" not in shown[0] + repr(hits)


def test_what_was_right_stays_right():
    """Forms that notebooks use and checks could refuse: keys that are pairs, tensors, numbers of numpy, columns of tables."""
    import pandas as pd
    import torch

    gold = np.arange(9.0)
    assert list(cu.spearman_intervals({("cls", 1): gold[::-1]}, gold, resamples=9)) == [("cls", 1)]
    assert list(cu.spearman_differences({("cls", 1): gold, "b": gold[::-1]}, "b", gold, resamples=9)) == [("cls", 1)]
    assert cu.judge_fact("one", torch.tensor(1.0) < 2, "1").outcome == "supported"
    assert cu.spearman(pd.Series(gold), torch.arange(9)) == pytest.approx(1)
    vectors = torch.eye(3, dtype=torch.bfloat16, requires_grad=True)
    assert cu.nearest(np.int64(0), vectors, k=np.int64(9)) == [(1, 0.0), (2, 0.0)]
    assert cu.read_texts(pd.Series(["tea", " "])) == ["tea"]
