"""What all interactive parts share: the frame of controls and answer, the check of what was typed, and pieces of HTML."""

from __future__ import annotations

import html
import unicodedata
from collections.abc import Callable, Mapping, Sequence

import ipywidgets as widgets
import numpy as np

from course_utils.plots.style import CLS, MEAN

LONGEST = 1000  # characters of a sentence
ANSWERED_WITH = "An interactive part: it needs a running kernel, and a front end that shows ipywidgets."


class Refused(ValueError):
    """What was typed cannot be answered; the message says why and what to do, in plain text."""


class Part(widgets.VBox):
    """Controls above, their answer below.

    Attributes:
        controls: name to widget, in the order in which they stand.
        output: the ``HTML`` widget with the answer, or with a message that says why there is none.

    The answer is made anew whenever the value of a control changes or a button is pressed. It never raises, and it never
    changes what was typed. The text form is one constant sentence, so that nothing varies in a stored notebook.
    """

    def __init__(self, controls: Mapping[str, widgets.Widget], answer: Callable[[], str]):
        self.controls = dict(controls)
        self.output = widgets.HTML()
        self._answer, self._answering = answer, False
        for control in self.controls.values():
            if isinstance(control, widgets.Button):
                control.on_click(self.refresh)
            else:
                control.observe(self.refresh, names="value")
        self.refresh()
        super().__init__([*self.controls.values(), self.output])

    def refresh(self, _=None) -> None:
        """Make the answer anew; a change that the answer itself makes to a control does not start another."""
        if self._answering:
            return
        self._answering = True
        try:
            self.output.value = self._answer()
        except Refused as refused:
            self.output.value = message(str(refused))
        except Exception as error:  # a traceback in the middle of a lesson helps nobody; the message can be reported
            self.output.value = message(f"This could not be answered ({type(error).__name__}: {error}). Try another input.")
        finally:
            self._answering = False

    def __repr__(self) -> str:
        return ANSWERED_WITH


def text_box(label: str, value: str = "", placeholder: str = "") -> widgets.Text:
    """A line to type in, answered on Enter or when it is left."""
    return widgets.Text(value, description=label, placeholder=placeholder, continuous_update=False, **look())


def show_button(label: str = "Show") -> widgets.Button:
    """A button for those who do not press Enter: to press it is to leave the text."""
    return widgets.Button(description=label)


def look() -> dict:
    """Layout of a control: as wide as the cell, its label never cut."""
    return {"layout": widgets.Layout(width="98%"), "style": {"description_width": "9em"}}


def checked(text: str, longest: int = LONGEST) -> str:
    """``text``, if it is one that can be read.

    Raises:
        Refused: nothing but spaces, too long, half a character, or control characters.

    >>> checked("Tea or coffee?")
    'Tea or coffee?'
    """
    if not text.strip():
        raise Refused("Nothing to read yet: type a sentence.")
    if len(text) > longest:
        raise Refused(f"That is {len(text):,} characters; at most {longest:,} fit here. Keep a part of it.")
    kinds = {unicodedata.category(sign) for sign in text}
    if "Cs" in kinds:
        raise Refused("Half of a character is in it (a lone surrogate), which no tokenizer reads. Delete it and type it anew.")
    control = next((sign for sign in text if unicodedata.category(sign) == "Cc" and sign not in "\t\n\r"), None)
    if control is not None:
        raise Refused(f"A control character is in it (U+{ord(control):04X}), which cannot be seen. Delete it, or type anew.")
    return text


def fitting(text: str, tokenizer, limit: int, what: str = "That") -> str:
    """``text``, if it has a token and no more than ``limit``, special tokens included.

    Raises:
        Refused: no token, or too many.
    """
    count = len(tokenizer(text, verbose=False)["input_ids"])
    if count > limit:
        raise Refused(f"{what} is {count:,} tokens; at most {limit:,} fit here. Make it shorter.")
    if count <= tokenizer.num_special_tokens_to_add():
        raise Refused("Nothing is left of it: the tokenizer drops these characters. Type a word.")
    return text


def unknown_note(ids: Sequence[int], tokenizer) -> str:
    """A sentence on unknown tokens among ``ids``, or nothing."""
    lost = sum(number == tokenizer.unk_token_id for number in ids)
    if not lost or tokenizer.unk_token is None:
        return ""
    are = "token is" if lost == 1 else "tokens are"
    return f" {lost} {are} {safe(tokenizer.unk_token)}: what stood there, the model cannot see."


def safe(text: str) -> str:
    """``text`` for HTML: escaped, printable, and kept apart in its own direction of writing."""
    shown = "".join("\ufffd" if unicodedata.category(sign) in ("Cc", "Cs") else sign for sign in str(text))
    return f"<bdi>{html.escape(shown)}</bdi>"


def message(text: str) -> str:
    """A refusal as HTML; ``text`` is plain."""
    return f'<p role="alert" style="border-left:4px solid {CLS};padding:2px 10px;margin:6px 0;line-height:1.5">{safe(text)}</p>'


def finding(markup: str) -> str:
    """The answer in words, as HTML; ``markup`` is HTML."""
    return f'<p role="status" style="margin:6px 0;line-height:1.5">{markup}</p>'


def mixed(strength: float, color: str = MEAN) -> str:
    """``color`` on white paper, from 0 (white) to 1 (the colour itself), as #rrggbb.

    >>> mixed(0.0), mixed(1.0)
    ('#ffffff', '#0070ba')
    """
    parts = [int(color[place : place + 2], 16) for place in (1, 3, 5)]
    strength = min(max(float(strength), 0.0), 1.0)
    return "#" + "".join(f"{round(255 + (part - 255) * strength):02x}" for part in parts)


def ink_on(paper: str) -> str:
    """Black or white, whichever has more contrast with ``paper`` (#rrggbb). Source: WCAG 2, relative luminance.

    >>> ink_on("#ffffff"), ink_on("#0072b2")
    ('#000000', '#ffffff')
    """
    parts = [int(paper[place : place + 2], 16) / 255 for place in (1, 3, 5)]
    linear = [part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts]
    luminance = 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]
    return "#000000" if (luminance + 0.05) / 0.05 > 1.05 / (luminance + 0.05) else "#ffffff"


def heat_table(
    values: np.ndarray, rows: Sequence[str], columns: Sequence[str], caption: str, numbers: bool = True, upright: bool = False
) -> str:
    """A heat map as an HTML table that a screen reader can read: white at 0, full colour at 1.

    Args:
        values: (rows, columns), from 0 to 1; what lies outside is coloured like the nearer end.
        rows, columns: headers, plain text.
        caption: plain text.
        numbers: whether the cells show theirs; if not, they carry them as titles.
        upright: whether the headers of columns run upwards.
    """
    turned = "writing-mode:vertical-rl;transform:rotate(180deg);" if upright else ""
    plain = "font-weight:normal;white-space:nowrap;"
    heads = "".join(f'<th scope="col" style="{plain}{turned}padding:2px">{safe(name)}</th>' for name in columns)
    lines = []
    for name, line in zip(rows, values, strict=True):
        cells = "".join(_cell(float(value), numbers) for value in line)
        lines.append(f'<tr><th scope="row" style="{plain}text-align:right;padding:0 6px">{safe(name)}</th>{cells}</tr>')
    return (
        f'<table style="border-collapse:collapse;font-size:11.5px;line-height:1.5"><caption style="text-align:left;'
        f'font-weight:bold;padding:4px 0;caption-side:top;color:inherit">{safe(caption)}</caption>'
        f"<tr><td></td>{heads}</tr>{''.join(lines)}</table>"
    )


def _cell(value: float, number: bool) -> str:
    size = "min-width:27px;height:24px" if number else "min-width:20px;height:20px"
    paper = mixed(value)
    look = f"background:{paper};color:{ink_on(paper)};text-align:center;border:1px solid #d9d9d9;padding:0 1px;{size}"
    return f'<td style="{look}" title="{value:.2f}">{f"{value:.2f}" if number else ""}</td>'
