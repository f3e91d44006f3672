"""Type up to eight sentences and compare their cosines under [CLS], mean and a sentence encoder."""

from __future__ import annotations

from collections.abc import Sequence

import ipywidgets as widgets
import numpy as np

from course_utils.interactive.frame import Part, Refused, checked, finding, fitting, heat_table, look, safe, show_button

MOST, LONGEST = 8, 2400  # sentences; characters of all of them
EXAMPLES = (
    "The dog chased the cat.",
    "The cat chased the dog.",
    "A hound ran after a kitten.",
    "The dog did not chase the cat.",
    "Lunch is ready.",
)


def similarity(encoder, sbert, sentences: Sequence[str] = EXAMPLES) -> Part:
    """A box for up to eight sentences, one a line, and three heat maps of their cosines: [CLS], mean, sentence encoder.

    Args:
        encoder: from ``load_encoder``.
        sbert: a sentence encoder, with its pooling on record (``mini-sbert``, or one trained by ``train_sentence_encoder``).
        sentences: to begin with.

    Raises:
        ValueError: the pooling of ``sbert`` is not known.
    """
    if sbert.pooling is None:
        raise ValueError(f"{sbert.name} is no sentence encoder: it has no pooling on record.")
    options = look()
    options["layout"].height = "150px"
    box = widgets.Textarea("\n".join(sentences), description="Sentences", continuous_update=False, **options)

    def answer() -> str:
        lines = [line.strip() for line in checked(box.value, LONGEST).splitlines() if line.strip()]
        if len(lines) > MOST:
            raise Refused(f"That is {len(lines)} sentences, one a line; at most {MOST} fit here. Take some out.")
        if len(lines) < 2:
            raise Refused("One sentence alone has nothing to be compared with: type another on a new line.")
        for number, line in enumerate(lines, 1):
            fitting(line, encoder.tokenizer, encoder.limit, f"Sentence {number}")
        return _shown(lines, cosines_of(lines, encoder, sbert))

    return Part({"sentences": box, "show": show_button()}, answer)


def cosines_of(sentences: list[str], encoder, sbert) -> dict[str, np.ndarray]:
    """(n, n) cosines of the sentences for each of the three ways."""
    from course_utils.embedding import embed, embed_each
    from course_utils.similarity import cosine_matrix

    cls, mean = embed_each(sentences, encoder, [("cls", -1), ("mean", -1)])
    trained = embed(sentences, sbert, sbert.pooling)
    vectors = {"[CLS]": cls, "mean": mean, "SBERT": trained}
    return {name: cosine_matrix(each) for name, each in vectors.items()}


def _shown(sentences: list[str], cosines: dict[str, np.ndarray]) -> str:
    listed = "".join(f"<li>{safe(sentence)}</li>" for sentence in sentences)
    numbers = [str(i) for i in range(1, len(sentences) + 1)]
    panels = "".join(
        f"<div>{heat_table(values, numbers, numbers, name)}{finding(_in_words(values))}</div>"
        for name, values in cosines.items()
    )
    said = finding("Cosines of all pairs; one scale for all three tables, white at 0 and full colour at 1.")
    return (
        f'<ol style="margin:4px 0;padding-left:2.2em;line-height:1.5">{listed}</ol>{said}'
        f'<div style="display:flex;flex-wrap:wrap;gap:8px 16px">{panels}</div>'
    )


def _in_words(values: np.ndarray) -> str:
    """The most and the least similar pair."""
    pairs = [(float(values[i, j]), i + 1, j + 1) for i in range(len(values)) for j in range(i + 1, len(values))]
    high, low = max(pairs), min(pairs)
    return f"Nearest: {high[1]} and {high[2]} ({high[0]:.2f}).<br>Furthest: {low[1]} and {low[2]} ({low[0]:.2f})."
