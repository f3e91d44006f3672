"""Blank out a word and see the predictions move."""

from __future__ import annotations

import unicodedata

import ipywidgets as widgets

from course_utils.interactive.frame import (
    Part,
    Refused,
    checked,
    finding,
    fitting,
    look,
    mixed,
    safe,
    show_button,
    text_box,
    unknown_note,
)
from course_utils.plots.style import OTHER

SHOWN = 5


def blanks(model, tokenizer, text: str = "She has two brothers and a son.", word: int = 1, k: int = SHOWN) -> Part:
    """A line to type in, a slider that moves a blank along its words, and the ``k`` likeliest tokens for it.

    A sentence that already holds the mask token keeps that blank.

    Args:
        model: with an MLM head, from ``load_with_heads``.
        tokenizer: its tokenizer.
        text: the sentence to begin with.
        word: the word of it, counted from 1, that is blanked out at first.

    Raises:
        ValueError: the model has no MLM head, or ``word`` is below 1.
    """
    from course_utils.objectives import heads_of

    if model is None or "MLM" not in heads_of(model):
        raise ValueError('To fill blanks a model with an MLM head is needed: load_with_heads("mini-bert").')
    if word < 1:
        raise ValueError(f"word is counted from 1, not {word}.")
    sentence = text_box("Sentence", text)
    blank = widgets.SelectionSlider(
        options=range(word), index=word - 1, description="Blank out", continuous_update=False, **look()
    )

    def answer() -> str:
        typed = fitting(
            checked(sentence.value), tokenizer, min(model.config.max_position_embeddings, tokenizer.model_max_length)
        )
        spans = places_of_blanks(typed, tokenizer.mask_token)
        options = [(f"{place + 1}: {typed[start:end]}", place) for place, (start, end) in enumerate(spans)]
        if list(blank.options) != options:
            place = min(blank.index, len(options) - 1)
            blank.options = options
            blank.index = place
        return _shown(model, tokenizer, typed, spans[blank.value], k)

    return Part({"sentence": sentence, "blank": blank, "show": show_button()}, answer)


def places_of_blanks(text: str, mask: str) -> list[tuple[int, int]]:
    """(start, end) of each word of ``text``, without the punctuation around it; of the mask token alone, where there is one.

    Raises:
        Refused: several mask tokens, or no word.

    >>> places_of_blanks("Tea, please.", "[MASK]")
    [(0, 3), (5, 11)]
    """
    if text.count(mask) > 1:
        raise Refused(f"One blank at a time: leave one {mask}, or none to let the slider choose.")
    if mask in text:
        return [(text.index(mask), text.index(mask) + len(mask))]
    spans, end = [], 0
    for word in text.split():
        start = text.index(word, end)
        end = start + len(word)
        inside = [i for i in range(start, end) if unicodedata.category(text[i])[0] in "LNM"]
        if inside:
            spans.append((inside[0], inside[-1] + 1))
    if not spans:
        raise Refused("There is no word to blank out: type one with letters or digits.")
    return spans


def _shown(model, tokenizer, text: str, span: tuple[int, int], k: int) -> str:
    import torch

    from course_utils.objectives import mlm_logits

    start, end = span
    blanked = text[:start] + tokenizer.mask_token + text[end:]
    batch = tokenizer(blanked, return_tensors="pt").to(model.device)
    ids = batch["input_ids"][0].tolist()
    with torch.inference_mode():
        p = mlm_logits(model(**batch))[0, ids.index(tokenizer.mask_token_id)].softmax(-1)
    top = p.topk(k)
    rows = [
        (tokenizer.convert_ids_to_tokens(i), value) for i, value in zip(top.indices.tolist(), top.values.tolist(), strict=True)
    ]
    said = f"Likeliest for the blank: <b>{safe(rows[0][0])}</b>, {rows[0][1]:.2f}."
    if text[start:end] != tokenizer.mask_token:
        said += _word_that_stood_there(tokenizer, text, span, p)
    table = "".join(_bar(token, value) for token, value in rows)
    head = f"<caption style='text-align:left;padding:4px 0;color:inherit'>{safe(blanked)}</caption>"
    return finding(said + unknown_note(ids, tokenizer)) + f'<table style="font-size:13px;line-height:1.5">{head}{table}</table>'


def _word_that_stood_there(tokenizer, text: str, span: tuple[int, int], p) -> str:
    start, end = span
    encoding = tokenizer(text, return_offsets_mapping=True)
    offsets = zip(encoding["input_ids"], encoding["offset_mapping"], strict=True)
    original = [number for number, (a, b) in offsets if start <= a < b <= end]
    if len(original) != 1 or original[0] == tokenizer.unk_token_id:
        return (
            f" {safe(text[start:end])}, which stood there, is not one token of this vocabulary: it cannot be predicted whole."
        )
    place = int((p > p[original[0]]).sum()) + 1
    return f" {safe(text[start:end])}, which stood there: place {place:,} of {len(p):,}, {_probability(float(p[original[0]]))}."


def _probability(value: float) -> str:
    return f"{value:.2f}" if value >= 0.005 else "below 0.01"


def _bar(token: str, value: float) -> str:
    bar = f'<div style="background:{OTHER};width:{max(200 * value, 1):.0f}px;height:14px"></div>'
    return (
        f'<tr><th scope="row" style="font-weight:normal;text-align:right;padding:0 8px">{safe(token)}</th>'
        f'<td style="background:{mixed(0.12, OTHER)};width:200px;padding:0">{bar}</td>'
        f'<td style="padding:0 8px">{value:.2f}</td></tr>'
    )
