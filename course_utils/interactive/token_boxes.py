"""Type a sentence and see its tokens, ids and segments."""

from __future__ import annotations

from itertools import groupby

from course_utils.interactive.frame import Part, Refused, checked, finding, mixed, safe, show_button, text_box, unknown_note
from course_utils.plots.style import CLS, INK, MEAN, OTHER

MOST = 512  # boxes, whatever a tokenizer allows
COLORS = (mixed(0.22, MEAN), mixed(0.22, OTHER), mixed(0.22, "#E69F00"))  # neighbouring chunks differ


def tokens(tokenizer, text: str = "Tea or coffee?", second: str = "") -> Part:
    """Two lines to type in, and the row of tokens that a model gets for them, each with its id and its segment.

    Args:
        tokenizer: of an encoder from ``load_encoder``.
        text: the sentence to begin with.
        second: a second sentence, which may stay empty.
    """
    first_box = text_box("Sentence", text)
    second_box = text_box("Second sentence", second, "may stay empty")

    def answer() -> str:
        texts = [checked(first_box.value)]
        if second_box.value.strip():
            texts.append(checked(second_box.value))
        return _shown(tokenizer, texts)

    return Part({"sentence": first_box, "second": second_box, "show": show_button()}, answer)


def _shown(tokenizer, texts: list[str]) -> str:
    whole = tokenizer(*texts, verbose=False)["input_ids"]
    limit = min(tokenizer.model_max_length, MOST)
    encoding = tokenizer(*texts, truncation=True, max_length=limit, verbose=False)
    ids, words, sides = encoding["input_ids"], encoding.word_ids(), encoding.sequence_ids()
    special = sum(side is None for side in sides)
    if len(ids) == special:
        raise Refused("Nothing is left of it: the tokenizer drops these characters. Type a word.")
    segments = encoding.get("token_type_ids")
    pieces = list(zip(encoding.tokens(), ids, segments or [None] * len(ids), words, sides, strict=True))
    chunks = "".join(_chunk(list(group)) for _, group in groupby(enumerate(pieces), key=_key))
    count = sum(len(text.split()) for text in texts)
    said = (
        f"<b>{len(ids)} tokens</b>, {special} of them special, for {count} {'word' if count == 1 else 'words'} between spaces."
    )
    said += unknown_note(ids, tokenizer)
    if len(whole) > len(ids):
        said += f" {len(whole):,} would be needed: the rest is cut, as the limit is {limit}."
    under = "its id and its segment" if segments else "its id (this model has no segments)"
    row = f'<div role="list" style="display:flex;flex-wrap:wrap;gap:6px;margin:6px 0">{chunks}</div>'
    return finding(f"{said} Under each token: {under}.") + row


def _key(numbered):
    """Pieces of one chunk belong together; a special token stands alone."""
    place, (*_, word, side) = numbered
    return (side, word) if word is not None else (None, place)


def _chunk(group: list) -> str:
    boxes = "".join(_box(*piece) for _, piece in group)
    return f'<div style="display:inline-flex;flex-wrap:wrap">{boxes}</div>'


def _box(token: str, number: int, segment: int | None, word: int | None, side: int | None) -> str:
    special = word is None
    background = mixed(0.25, CLS) if special else COLORS[word % len(COLORS)]
    below = f"{number}" + ("" if segment is None else f"<br>segment {segment}")
    edge = f"2px solid {CLS}" if special else "1px solid #ffffff"
    return (
        f'<div role="listitem" style="text-align:center;font-family:monospace;font-size:13px;line-height:1.4">'
        f'<div style="background:{background};color:{INK};border:{edge};padding:2px 6px;'
        f'font-weight:{"bold" if special else "normal"}">{safe(token)}</div>'
        f'<div style="font-size:11px;padding:0 3px">{below}</div></div>'
    )
