"""How a figure is stored and shown: a PNG with a palette, on an opaque ground, with alternative text."""

from __future__ import annotations

import io

from course_utils.plots.style import DPI, PAPER


def png(figure) -> bytes:
    """``figure`` as a PNG with a palette, the same bytes each time: an opaque ground, 150 dots an inch."""
    from PIL import Image

    raw, packed = io.BytesIO(), io.BytesIO()
    figure.savefig(raw, format="png", dpi=DPI, facecolor=PAPER, pil_kwargs={"compress_level": 1})
    picture = Image.open(raw).convert("RGB")
    picture = picture.quantize(256, method=Image.Quantize.FASTOCTREE, dither=Image.Dither.NONE)
    palette, ground = picture.getpalette(), picture.getpixel((0, 0))
    palette[3 * ground : 3 * ground + 3] = [int(PAPER[i : i + 2], 16) for i in (1, 3, 5)]  # exactly, not an average
    picture.putpalette(palette)
    picture.save(packed, format="PNG", optimize=True, dpi=(DPI, DPI))
    return packed.getvalue()


class _Picture:
    """A drawn figure as Jupyter shows it: the course's PNG, and matplotlib's own description as text."""

    def __init__(self, figure) -> None:
        self.text, self.png = repr(figure), png(figure)

    def __repr__(self) -> str:
        return self.text

    def _repr_png_(self) -> bytes:
        return self.png


def show(figure, alt: str) -> None:
    """Display ``figure`` once, with ``alt`` as its alternative text, and close it.

    Raises:
        ValueError: ``alt`` is empty: a figure without a description is lost on some readers.
    """
    import matplotlib.pyplot as plt
    from IPython.display import display

    if not alt.strip():
        raise ValueError("Describe the figure in alt: what is drawn on which axes, and what it shows.")
    display(_Picture(figure), metadata={"image/png": {"alt": alt}})
    plt.close(figure)
