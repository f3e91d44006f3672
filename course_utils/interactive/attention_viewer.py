"""Attention of one sentence, by layer and head."""

from __future__ import annotations

import ipywidgets as widgets
import numpy as np

from course_utils.interactive.frame import Part, checked, finding, fitting, heat_table, look, safe, show_button, text_box

MOST, NUMBERED = 24, 12  # tokens that are shown; with numbers in the cells


def attention(encoder, text: str = "The cat fell asleep on the sofa.", layer: int | None = None, head: int = 1) -> Part:
    """A line to type in, sliders for layer and head, and the table of attention weights from each token to each.

    Args:
        encoder: from ``load_encoder(..., attention="eager")``.
        text: the sentence to begin with.
        layer: the layer to begin with, counted from 1; the last, if left out.
        head: the head to begin with, counted from 1.

    Raises:
        ValueError: the attention weights of the encoder cannot be read, or there is no such layer or head.
    """
    heads = encoder.model.config.num_attention_heads
    layer = encoder.layers if layer is None else layer
    if encoder.model.config._attn_implementation != "eager":
        raise ValueError('Attention weights can be read only with load_encoder(..., attention="eager").')
    if not (1 <= layer <= encoder.layers and 1 <= head <= heads):
        raise ValueError(f"{encoder.name} has layers 1 to {encoder.layers} and heads 1 to {heads}.")
    sentence = text_box("Sentence", text)
    layer_slider = widgets.IntSlider(layer, 1, encoder.layers, description="Layer", continuous_update=False, **look())
    head_slider = widgets.IntSlider(head, 1, heads, description="Head", continuous_update=False, **look())
    kept: dict[str, tuple[list[str], np.ndarray]] = {}  # of the last sentence: moving a slider computes nothing

    def answer() -> str:
        typed = checked(sentence.value)
        if typed not in kept:
            weights = weights_of(encoder, fitting(typed, encoder.tokenizer, min(encoder.limit, MOST)))
            kept.clear()
            kept[typed] = weights
        return _shown(*kept[typed], layer_slider.value, head_slider.value)

    return Part({"sentence": sentence, "layer": layer_slider, "head": head_slider, "show": show_button()}, answer)


def weights_of(encoder, text: str) -> tuple[list[str], np.ndarray]:
    """The tokens of ``text`` and their attention, (layers, heads, from, to); each row adds up to 1."""
    import torch

    batch = encoder.tokenizer(text, return_tensors="pt").to(encoder.device)
    with torch.inference_mode():
        output = encoder.model(**batch, output_attentions=True)
    return batch.tokens(), torch.cat(output.attentions).float().cpu().numpy()


def _shown(tokens: list[str], weights: np.ndarray, layer: int, head: int) -> str:
    table = weights[layer - 1, head - 1]  # (from, to)
    most, received = int(table[0].argmax()), table.mean(0)
    drawn = int(received.argmax())
    said = (
        f"Layer {layer}, head {head}: <b>{safe(tokens[0])} looks most at {safe(tokens[most])}</b> ({table[0, most]:.2f}). "
        f"Over all tokens, {safe(tokens[drawn])} gets most: {received[drawn]:.2f} (spread evenly: {1 / len(tokens):.2f})."
    )
    caption = "From the token of the row to the token of the column; each row adds up to 1"
    return finding(said) + heat_table(table, tokens, tokens, caption, numbers=len(tokens) <= NUMBERED, upright=True)
