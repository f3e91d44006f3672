"""The interactive parts without a browser: their answers are the library's, what is typed is escaped, and nothing raises."""

import base64
import dataclasses
import html
import re
from html.parser import HTMLParser

import ipywidgets as widgets
import nbformat
import numpy as np
import pytest
from test_notebooks import code_cells, gate

import course_utils as cu
from course_utils import publishing
from course_utils.benchmarks import interactive as interactive_bench
from course_utils.interactive import frame, search_box, similarity_bench, training_slider
from course_utils.workspace import ROOT

PARTS = {  # part: its notebook, and the static figure (or table) of the same content
    "tokens": ("01_tokenization", "cu.plots.subword_view("),
    "blanks": ("02_special_tokens", "cu.plots.blanks("),
    "attention": ("02_special_tokens", "cu.plots.attention_bars("),
    "forging": ("05_fine_tuning", "shared=True"),
    "similarity": ("06_sentence_bert", "cu.plots.batch_matrix("),
    "search": ("07_choosing_an_embedding", "cu.plots.rank_strips("),
}
TYPED = {"tokens": "sentence", "blanks": "sentence", "attention": "sentence", "similarity": "sentences", "search": "query"}
SCRIPT = "<script>alert(1)</script> & <b onclick='x()'>tea</b>"
REFUSED = {
    "": "type a sentence",
    " \t\n ": "type a sentence",
    "tea " * 100_000: "400,000 characters",
    "tea \ud800 cup": "lone surrogate",
    "tea \x07 cup": "U+0007",
    "tea \x00": "U+0000",
    "\u200b\u200b": "Nothing is left",
    "a " * 400: "tokens",
}
ACCEPTED = (
    "Tea 🙂 ☕ 🙂",
    "שלום, מה שלומך היום",
    "\u202eevil\u202c tea",
    "東京タワー tea",
    SCRIPT,
    "$x^2$ tea \\(y\\)",
    "a\u0301 tea",
    "0 1 2",
)


@pytest.fixture(scope="module")
def eager():
    return cu.load_encoder("mini-bert", device="cpu", attention="eager")


@pytest.fixture(scope="module")
def sbert():
    return cu.load_encoder("mini-sbert", device="cpu")


@pytest.fixture(scope="module")
def model():
    return cu.load_with_heads("mini-bert", device="cpu")[0]


@pytest.fixture(scope="module")
def index(sbert):
    return cu.SearchIndex.build(cu.load_data("passages")["text"][:40], sbert)


def watched():
    rng = np.random.default_rng(0)
    labels = np.array(["positive", "negative"] * 30)
    shift = (labels == "positive")[:, None] * [1.0, 0.0]
    return {step: rng.normal(size=(60, 2)) + shift * step / 10 for step in (0, 10, 20)}, labels


@pytest.fixture
def make(eager, sbert, model, index):
    """The parts by name."""
    return {
        "tokens": lambda: cu.interactive.tokens(eager.tokenizer),
        "blanks": lambda: cu.interactive.blanks(model, eager.tokenizer),
        "attention": lambda: cu.interactive.attention(eager),
        "forging": lambda: cu.interactive.forging(*watched()),
        "similarity": lambda: cu.interactive.similarity(eager, sbert),
        "search": lambda: cu.interactive.search(index),
    }


class Reader(HTMLParser):
    """Tags, attributes and texts; fails on a tag that is not closed."""

    def __init__(self, markup):
        super().__init__()
        self.tags, self.attributes, self.texts, self.open = [], [], [], []
        self.feed(markup)
        assert self.open == []

    def handle_starttag(self, tag, attrs):
        self.tags.append(tag)
        self.attributes += attrs
        if tag not in ("br", "img"):
            self.open.append(tag)

    def handle_endtag(self, tag):
        assert self.open.pop() == tag

    def handle_data(self, data):
        self.texts.append(data)


def said(part):
    return " ".join(Reader(part.output.value).texts)


def refused(part):
    return 'role="alert"' in part.output.value


def table(part):
    """The texts of the cells of the tables, row by row, without headers."""
    rows = re.findall(r"<tr>(.*?)</tr>", part.output.value)
    cells = [re.findall(r"<td[^>]*>(.*?)</td>", row) for row in rows]
    return [[html.unescape(re.sub("<[^>]*>", "", cell)) for cell in row] for row in cells]


@pytest.mark.parametrize(
    "texts", [("My grandmother's unforgettable pancakes",), ("Tea or coffee?", "Coffee, please."), (SCRIPT,)]
)
def test_tokens_ids_and_segments_are_the_tokenizers(eager, texts):
    part = cu.interactive.tokens(eager.tokenizer)
    part.controls["sentence"].value, part.controls["second"].value = texts[0], "".join(texts[1:])
    encoding = eager.tokenizer(*texts)
    boxes = re.findall(r'<bdi>([^<]*)</bdi></div><div style="[^"]*">(\d+)<br>segment (\d)</div>', part.output.value)
    assert [html.unescape(token) for token, _, _ in boxes] == encoding.tokens()
    assert [int(number) for _, number, _ in boxes] == encoding["input_ids"]
    assert [int(segment) for _, _, segment in boxes] == encoding["token_type_ids"]
    assert f"{len(boxes)} tokens" in said(part)


def test_too_many_tokens_are_cut_and_counted_and_lost_ones_are_named(eager):
    part = cu.interactive.tokens(eager.tokenizer, "a " * 200)
    assert part.output.value.count('role="listitem"') == eager.tokenizer.model_max_length == 128
    assert "202 would be needed" in said(part)
    part.controls["sentence"].value = "Tea 🙂"
    assert "1 token is [UNK]" in said(part).replace("  ", " ")


def test_a_model_without_segments_says_so(eager):
    class Without:
        model_max_length, unk_token, unk_token_id = 128, "[UNK]", eager.tokenizer.unk_token_id

        def __call__(self, *texts, **options):
            return eager.tokenizer(*texts, return_token_type_ids=False, **options)

    assert "no segments" in said(cu.interactive.tokens(Without()))


def test_predictions_are_those_of_a_direct_pass(eager, model):
    part = cu.interactive.blanks(model, eager.tokenizer, "He drank a cup of tea, and slept.")
    blank = part.controls["blank"]
    assert [label for label, _ in blank.options][-3:] == ["6: tea", "7: and", "8: slept"]
    blank.index = 5
    direct = cu.fill_mask(model, eager.tokenizer, "He drank a cup of [MASK], and slept.", k=len(eager.tokenizer))
    assert re.findall(r'text-align:right;padding:0 8px"><bdi>(.*?)</bdi>', part.output.value) == [t for t, _ in direct[:5]]
    assert [row[-1] for row in table(part)] == [f"{p:.2f}" for _, p in direct[:5]]
    place = 1 + [token for token, _ in direct].index("tea")
    assert f"place {place:,} of 8,192" in said(part)


def test_a_blank_begins_where_it_is_asked_to(eager, model):
    part = cu.interactive.blanks(model, eager.tokenizer, "She has two brothers and a son.", word=4)
    assert "She has two [MASK] and a son." in said(part)
    assert cu.interactive.blanks(model, eager.tokenizer, "Tea, please.", word=9).controls["blank"].index == 1


def test_numbers_can_be_read_on_every_colour():
    def luminance(color):
        parts = np.array([int(color[place : place + 2], 16) for place in (1, 3, 5)]) / 255
        return np.where(parts <= 0.04045, parts / 12.92, ((parts + 0.055) / 1.055) ** 2.4) @ [0.2126, 0.7152, 0.0722]

    for value in np.linspace(-0.2, 1.2, 141):
        paper = frame.mixed(value)
        low, high = sorted(luminance(color) + 0.05 for color in (paper, frame.ink_on(paper)))
        assert high / low >= 4.5, paper


def test_the_slider_of_blanks_follows_the_sentence(eager, model):
    part = cu.interactive.blanks(model, eager.tokenizer, "One two three four.")
    sentence, blank = part.controls["sentence"], part.controls["blank"]
    blank.index = 3
    sentence.value = "Tea, please."
    assert (len(blank.options), blank.index) == (2, 1)
    sentence.value = "He drank a [MASK] of tea."
    assert list(blank.options) == [("1: [MASK]", 0)]
    assert "stood there" not in said(part)
    sentence.value = "[MASK] drank [MASK]."
    assert "One blank at a time" in said(part)
    sentence.value = "?! ..."
    assert "no word" in said(part)
    sentence.value = "Floccinaucinihilipilification rules."
    assert "not one token" in said(part)


def test_attention_is_that_of_a_direct_pass(eager):
    import torch

    text = "Tea or coffee?"
    part = cu.interactive.attention(eager, text)
    part.controls["layer"].value, part.controls["head"].value = 2, 3
    with torch.inference_mode():
        output = eager.model(**eager.tokenizer(text, return_tensors="pt"), output_attentions=True)
    direct = output.attentions[1][0, 2].numpy()
    shown = [row for row in table(part) if len(row) == len(direct)]
    assert shown == [[f"{weight:.2f}" for weight in row] for row in direct]
    assert "Layer 2, head 3" in said(part)
    part.controls["sentence"].value = "one two three four five six seven eight nine ten eleven"
    assert {cell for row in table(part) for cell in row} == {""}  # more than 12 tokens: no numbers
    assert part.output.value.count("title=") == 13**2


def test_cosines_are_cosine_matrix(eager, sbert):
    sentences = ["Tea is ready.", "The tea is served.", "My car broke down."]
    part = cu.interactive.similarity(eager, sbert, sentences)
    vectors = [cu.embed(sentences, eager, "cls"), cu.embed(sentences, eager, "mean"), cu.embed(sentences, sbert, "mean")]
    rows = [row for row in table(part) if len(row) == 3]
    direct = np.concatenate([cu.cosine_matrix(each) for each in vectors])
    assert np.allclose(np.array(rows, float), direct, atol=0.0051)
    assert re.findall(r"<caption[^>]*><bdi>(.*?)</bdi>", part.output.value) == ["[CLS]", "mean", "SBERT"]
    assert said(part).count("Nearest: 1 and 2") >= 1


@pytest.mark.parametrize(("count", "words"), [(9, "9 sentences"), (1, "One sentence alone")])
def test_too_many_or_too_few_sentences(eager, sbert, count, words):
    part = cu.interactive.similarity(eager, sbert)
    typed = "\n\n".join(f"Sentence {i}" for i in range(count))
    part.controls["sentences"].value = typed
    assert words in said(part)
    assert part.controls["sentences"].value == typed


def test_hits_are_the_indexs(index):
    part = cu.interactive.search(index, "How do plants drink?")
    part.controls["results"].value = 3
    hits = index.search("How do plants drink?", 3)
    assert table(part)[1:] == [[str(hit.place), f"{hit.cosine:.2f}", hit.text] for hit in hits]


def test_texts_of_an_index_are_escaped(sbert):
    part = cu.interactive.search(cu.SearchIndex.build([SCRIPT, "Tea."], sbert), "tea")
    assert {"script", "b"} & set(Reader(part.output.value).tags) == set()
    assert len(part.controls["results"].description) > 0
    assert part.controls["results"].max == 2


def test_forging_shows_what_was_measured():
    places, labels = watched()
    part = cu.interactive.forging(places, labels)
    slider = part.controls["step"]
    pictures = []
    for step, xy in places.items():
        slider.value = step
        positive, negative = (xy[labels == kind, 0] for kind in ("positive", "negative"))
        share = np.mean([a > b for a in positive for b in negative])
        assert f"Step {step}:" in said(part)
        assert f"{share:.0%}" in said(part)
        (alt,) = [value for name, value in Reader(part.output.value).attributes if name == "alt"]
        assert f"step {step}" in alt
        pictures.append(base64.b64decode(re.search(r"base64,([^\"]*)", part.output.value)[1]))
        assert pictures[-1].startswith(b"\x89PNG")
        assert len(pictures[-1]) < 100_000
    assert len(set(pictures)) == len(places)
    assert training_slider.share_right(places[20], labels, "positive") > 0.8


@pytest.mark.parametrize("name", list(TYPED))
def test_bad_input_gets_a_message_and_stays(make, name):
    part = make[name]()
    box = part.controls[TYPED[name]]
    for typed, words in REFUSED.items():
        if name == "tokens" and words == "tokens":
            continue  # there they are cut, and counted
        box.value = typed
        if name == "similarity" and typed == "\u200b\u200b":
            typed = box.value = "\u200b\u200b\ntea"
        if name == "similarity" and words == "tokens":
            typed = box.value = typed + "\ntea"
        assert refused(part), (typed[:20], said(part))
        assert words in said(part)
        assert "could not be answered" not in said(part)
        assert box.value == typed
        part.output.value.encode("utf-8")
    box.value = "Tea or coffee?\nCoffee." if name == "similarity" else "Tea or coffee?"
    assert not refused(part)


@pytest.mark.parametrize("name", list(TYPED))
@pytest.mark.parametrize("typed", ACCEPTED)
def test_unusual_text_is_answered_and_escaped(make, name, typed):
    part = make[name]()
    part.controls[TYPED[name]].value = f"{typed}\n{typed}" if name == "similarity" else typed
    reader = Reader(part.output.value)
    assert "could not be answered" not in said(part)
    assert not refused(part) or (name == "attention" and "at most 24" in said(part))
    assert {"script", "b"} & set(reader.tags) <= {"b"}
    assert [key for key, _ in reader.attributes if key.startswith("on")] == []


@pytest.mark.parametrize("name", list(PARTS))
def test_every_control_has_a_label_and_only_core_widgets_are_used(make, name):
    part = make[name]()
    assert list(part.children) == [*part.controls.values(), part.output]
    for control in part.controls.values():
        assert control.description
        assert type(control).__module__.startswith("ipywidgets.widgets")
        assert getattr(control, "continuous_update", False) is False
    assert part.output._view_module == part._view_module == "@jupyter-widgets/controls"
    assert not isinstance(part.output, widgets.Output)
    assert Reader(part.output.value).texts


def test_the_button_answers_again_and_the_text_form_is_constant(make):
    part, other = make["tokens"](), make["attention"]()
    shown = part.output.value
    part.output.value = ""
    part.controls["show"].click()
    assert part.output.value == shown
    assert repr(part) == repr(other) == frame.ANSWERED_WITH
    for each in (part, other):
        assert each._repr_mimebundle_()["text/plain"] == frame.ANSWERED_WITH if hasattr(each, "_repr_mimebundle_") else True


def test_an_error_within_becomes_a_message(eager, monkeypatch, sbert):
    def broken(*_):
        raise RuntimeError("<i>broken</i>")

    part = cu.interactive.similarity(eager, sbert)
    monkeypatch.setattr(similarity_bench, "cosines_of", broken)
    part.controls["sentences"].value = "a\nb"
    assert "RuntimeError: <i>broken</i>" in said(part)
    assert "<i>" not in part.output.value


def test_what_cannot_be_shown_is_refused_at_once(eager, encoder, model, index):
    with pytest.raises(ValueError, match="eager"):
        cu.interactive.attention(encoder)
    with pytest.raises(ValueError, match="layers 1 to 4 and heads 1 to 4"):
        cu.interactive.attention(eager, head=5)
    with pytest.raises(ValueError, match="MLM head"):
        cu.interactive.blanks(None, eager.tokenizer)
    with pytest.raises(ValueError, match="counted from 1"):
        cu.interactive.blanks(model, eager.tokenizer, word=0)
    with pytest.raises(ValueError, match="no pooling on record"):
        cu.interactive.similarity(encoder, encoder)
    with pytest.raises(ValueError, match="from 1 to 10"):
        search_box.search(index, k=11)
    places, labels = watched()
    with pytest.raises(ValueError, match="two kinds"):
        cu.interactive.forging(places, ["a"] * 60)
    with pytest.raises(ValueError, match="59 labelled"):
        cu.interactive.forging(places, labels[1:])


def test_interactive_cells_are_stored_without_output_and_pass_the_gate(tmp_path):
    cells = [nbformat.v4.new_code_cell(source) for source in ("import ipywidgets; print(1)", "ipywidgets.IntSlider()")]
    cells[1].metadata["tags"] = ["interactive", "nbval-ignore-output"]
    path = tmp_path / "small.ipynb"
    nbformat.write(nbformat.v4.new_notebook(cells=cells), path)
    publishing.execute(path)
    notebook = nbformat.read(path, as_version=4)
    assert [len(cell.outputs) for cell in notebook.cells] == [1, 0]
    assert [cell.execution_count for cell in notebook.cells] == [1, 2]
    assert publishing.compared(notebook) == (1, 1)
    assert gate(path) == 0


@pytest.mark.parametrize("name", list(PARTS))
def test_the_cells_of_the_notebooks(name):
    """One cell a part, tagged, stored bare; before it a text that says how it is used, and above a static figure."""
    stem, figure = PARTS[name]
    notebook = nbformat.read(ROOT / "notebooks" / f"{stem}.ipynb", as_version=4)
    (place,) = [i for i, cell in enumerate(notebook.cells) if f"cu.interactive.{name}(" in cell.source]
    cell, text = notebook.cells[place], notebook.cells[place - 1]
    assert cell.metadata["tags"] == ["interactive", "nbval-ignore-output"]
    assert cell.outputs == []
    assert text.cell_type == "markdown"
    assert "running kernel" in text.source
    assert "nothing below depends on it" in text.source
    above = [other for other in notebook.cells[:place] if figure in other.source]
    assert any("image/png" in output.get("data", {}) for other in above for output in other.outputs)


def test_interactive_cells_are_exactly_those():
    paths = sorted((ROOT / "notebooks").glob("*.ipynb"))
    cells = [cell for path in paths for cell in code_cells(nbformat.read(path, as_version=4))]
    tagged = [cell for cell in cells if "interactive" in cell.metadata.get("tags", [])]
    assert [re.search(r"cu\.interactive\.(\w+)\(", cell.source)[1] for cell in tagged] == list(PARTS)
    assert not any("cu.interactive" in cell.source for cell in cells if cell not in tagged)


def test_the_bench_has_a_row_and_a_goal_for_each_part(monkeypatch):
    """What is measured is an answer, not a refusal, and another one in each round."""
    answers, refresh = [], frame.Part.refresh

    def watching(part, _=None):
        refresh(part)
        answers.append(part.output.value)

    monkeypatch.setattr(frame.Part, "refresh", watching)
    rows = interactive_bench.measure("cpu", rounds=1)
    assert sorted(row.ours for row in rows) == sorted(PARTS)
    asked = answers[-2 * len(PARTS) :]
    assert len(set(asked)) >= 2 * len(PARTS) - 1  # forging draws the same picture
    assert not any('role="alert"' in answer for answer in answers)
    goals = interactive_bench.goals([dataclasses.replace(rows[0], our_median=median) for median in (0.199, 0.2)])
    assert [goal.met for goal in goals] == [True, False]
    assert "200 ms" in goals[0].text
    assert goals[0].measured == "199 ms"
