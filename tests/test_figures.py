"""The rules of the course's figures, held for every plotting function on a sample of its own."""

import inspect
import io

import matplotlib
import numpy as np
import pytest

matplotlib.use("Agg")
import matplotlib.pyplot as plt
from figure_samples import samples
from matplotlib.colors import to_rgb
from matplotlib.transforms import Bbox
from PIL import Image

from course_utils import plots
from course_utils.plots import marks, showing, style

SAMPLES = samples()
SMALLEST = 8 * style.WIDTH * 2.54 / 16  # points: still 8 when the figure is printed 16 cm wide
NO_AXES = {"subword_view", "longest_match_walk", "masked_mean_picture", "thesis_verdicts", "decision_chart"}


def plotting_functions():
    functions = (name for name in plots.__all__ if inspect.isfunction(getattr(plots, name)))
    return sorted(name for name in functions if "title" in inspect.signature(getattr(plots, name)).parameters)


def given_title(name):
    bound = inspect.signature(getattr(plots, name)).bind(*SAMPLES[name])
    return bound.arguments["title"]


class Drawn:
    """A sample figure, drawn once: its bytes, its texts with their places, and what lies under them."""

    def __init__(self, name):
        self.name = name
        self.figure = getattr(plots, name)(*SAMPLES[name])
        self.png = showing.png(self.figure)
        self.figure.set_layout_engine("none")  # it is laid out: keep it
        self.figure.canvas.draw()
        hidden = unseen(self.figure)
        every = [text for text in self.figure.findobj(matplotlib.text.Text) if text.get_visible() and text.get_text().strip()]
        self.texts = [text for text in every if id(text) not in hidden]
        self.boxes = [box_of(text) for text in self.texts]
        for text in self.texts:
            text.set_alpha(0)
        self.figure.canvas.draw()
        self.ground = np.asarray(self.figure.canvas.buffer_rgba())[::-1, :, :3] / 255  # row 0 below
        for text in self.texts:
            text.set_alpha(None)


def box_of(text):
    """Where ``text`` stands, in pixels: without the arrow of an annotation, without empty first lines."""
    x0, y0, x1, y1 = matplotlib.text.Text.get_window_extent(text).extents
    lines = text.get_text().split("\n")
    empty = next(i for i, line in enumerate(lines) if line.strip())
    return Bbox([[x0, y0], [x1, y1 - empty * (y1 - y0) / len(lines)]])


def unseen(figure):
    """Texts that matplotlib keeps and does not draw: of hidden axes, and labels of ticks outside the limits."""
    texts = []
    for axis in figure.axes:
        if not axis.get_visible():
            texts += axis.findobj(matplotlib.text.Text)
        for line in (axis.xaxis, axis.yaxis):
            low, high = sorted(line.get_view_interval())
            for tick in (*line.majorTicks, *line.minorTicks):
                if not (axis.axison and tick.get_visible() and low <= tick.get_loc() <= high):
                    texts += [tick.label1, tick.label2]
            if not axis.axison:
                texts.append(line.label)
    return {id(text) for text in texts}


@pytest.fixture(scope="module", params=plotting_functions())
def drawn(request):
    if request.param not in SAMPLES:
        pytest.fail(f"{request.param} has no sample in tests/figure_samples.py")
    yield Drawn(request.param)
    plt.close("all")


def test_every_plotting_function_has_a_sample():
    assert plotting_functions() == sorted(SAMPLES)


def test_it_has_the_width_of_all_and_the_ground_of_all(drawn):
    assert drawn.figure.get_figwidth() == style.WIDTH
    picture = Image.open(io.BytesIO(drawn.png))
    assert picture.mode == "P"
    assert picture.width == round(style.WIDTH * style.DPI)
    assert "transparency" not in picture.info
    ground = np.array(picture.convert("RGB").getpixel((0, 0)))
    np.testing.assert_allclose(ground, 255 * np.array(to_rgb(style.PAPER)), atol=0.01)


def test_its_bytes_are_few_and_its_drawing_is_the_same_each_time(drawn):
    assert len(drawn.png) < 100_000
    raw = []
    for figure in (getattr(plots, drawn.name)(*SAMPLES[drawn.name]) for _ in range(2)):
        figure.set_layout_engine("none")  # the layout is tested by one figure below
        raw.append(io.BytesIO())
        figure.savefig(raw[-1], format="png", dpi=40)
    assert raw[0].getvalue() == raw[1].getvalue()


def test_the_stored_bytes_are_the_same_each_time():
    one, two = (showing.png(plots.rank_strips(*SAMPLES["rank_strips"])) for _ in range(2))
    assert one == two


def test_no_text_is_too_small(drawn):
    small = {text.get_text(): text.get_fontsize() for text in drawn.texts if text.get_fontsize() < SMALLEST}
    assert not small, small


def test_no_text_leaves_the_canvas(drawn):
    out = [
        text.get_text()
        for text, box in zip(drawn.texts, drawn.boxes, strict=True)
        if box.x0 < 2 or box.y0 < 1 or box.x1 > drawn.figure.bbox.x1 - 2 or box.y1 > drawn.figure.bbox.y1 - 1
    ]
    assert not out, out


def turned(text):
    return text.get_rotation() % 90 != 0


def test_no_two_texts_overlap(drawn):
    upright = [pair for pair in zip(drawn.texts, drawn.boxes, strict=True) if not turned(pair[0])]
    found = []
    for i, (one, a) in enumerate(upright):
        for other, b in upright[i + 1 :]:
            wide = min(a.x1, b.x1) - max(a.x0, b.x0)
            high = min(a.y1, b.y1) - max(a.y0, b.y0)
            if wide > 1.5 and high > 3:
                found.append((one.get_text(), other.get_text()))
    assert not found, found


def test_the_title_says_it_all(drawn):
    title = drawn.figure.get_suptitle()
    assert title.replace("\n", " ") == given_title(drawn.name)
    (text,) = [text for text in drawn.texts if text.get_text() == title and text.axes is None]
    assert text.get_ha() == "left"
    assert text.get_window_extent().x0 < 20


def words(labels):
    return [label.get_text() for label in labels if label.get_visible() and label.get_text()]


def numeric(labels):
    return any(text.replace("−", "").replace(",", "").replace(".", "").isdigit() or "mathdefault" in text for text in labels)


def test_its_axes_are_named(drawn):
    axes = [a for a in drawn.figure.axes if a.get_visible() and a.axison and a.get_label() != "<colorbar>"]
    assert bool(axes) != (drawn.name in NO_AXES)
    for side in ("x", "y"):
        named = {getattr(axis, f"get_{side}label")() for axis in axes} - {""}
        overall = getattr(drawn.figure, f"get_sup{side}label")()
        for axis in axes:
            labels = words(getattr(axis, f"get_{side}ticklabels")())
            if numeric(labels) and not getattr(axis, f"get_{side}label")():
                assert overall or named, f"{side} of {axis.get_title(loc='left')!r} has numbers and no name"


def test_colours_of_cls_and_mean_go_with_their_lines_and_markers(drawn):
    meant = {style.CLS: ("-", "o"), style.MEAN: ("--", "D"), style.SBERT: ("-.", "^")}
    for axis in drawn.figure.axes:
        for line in axis.lines:
            if line.get_color() not in meant or line.get_marker() == "*":
                continue
            dashes, marker = meant[line.get_color()]
            if len(line.get_xdata()) > 2 and line.get_linestyle() not in ("None", ":"):  # two points: an interval
                assert line.get_linestyle() == dashes
            if line.get_marker() not in ("None", "", None):
                assert line.get_marker() == marker


def test_its_text_stands_out_from_its_ground(drawn):
    faint = {}
    for text, box in zip(drawn.texts, drawn.boxes, strict=True):
        if turned(text):
            continue
        part = drawn.ground[max(int(box.y0), 0) : int(box.y1) + 1, max(int(box.x0), 0) : int(box.x1) + 1].reshape(-1, 3)
        ratio = marks.contrast(text.get_color(), np.median(part, axis=0))
        if ratio < 4.5:
            faint[text.get_text()] = round(ratio, 2)
    assert not faint, faint


# The palette ------------------------------------------------------------------------------------------------------------

# Machado, Oliveira & Fernandes (2009), severity 1, on linear RGB.
SEEN = {
    "trichromat": np.eye(3),
    "protanope": np.array([[0.152286, 1.052583, -0.204868], [0.114503, 0.786281, 0.099216], [-0.003882, -0.048116, 1.051998]]),
    "deuteranope": np.array([[0.367322, 0.860646, -0.227968], [0.280085, 0.672501, 0.047413], [-0.011820, 0.042940, 0.968881]]),
    "tritanope": np.array([[1.255528, -0.076749, -0.178779], [-0.078411, 0.930809, 0.147602], [0.004733, 0.691367, 0.303900]]),
}
TO_XYZ = np.array([[0.4124564, 0.3575761, 0.1804375], [0.2126729, 0.7151522, 0.0721750], [0.0193339, 0.1191920, 0.9503041]])


def lab(color, seen):
    parts = np.array(to_rgb(color))
    linear = np.clip(SEEN[seen] @ np.where(parts <= 0.04045, parts / 12.92, ((parts + 0.055) / 1.055) ** 2.4), 0, 1)
    x, y, z = (np.cbrt(v) if v > 0.008856 else 7.787 * v + 16 / 116 for v in TO_XYZ @ linear / [0.95047, 1, 1.08883])
    return np.array([116 * y - 16, 500 * (x - y), 200 * (y - z)])


@pytest.mark.parametrize("seen", SEEN)
def test_colours_with_a_meaning_differ_for_every_eye(seen):
    colors = {"[CLS]": style.CLS, "mean": style.MEAN, "SBERT": style.SBERT, "control": style.CONTROL}
    names = list(colors)
    distances = {
        (a, b): np.linalg.norm(lab(colors[a], seen) - lab(colors[b], seen)) for i, a in enumerate(names) for b in names[i + 1 :]
    }
    assert min(distances.values()) > 20, distances


def test_in_greyscale_lines_and_markers_tell_apart_what_colour_does_not():
    meant = [style.look_of(name) for name in ("[CLS]", "mean", "SBERT", "untrained mean", "TF-IDF")]
    for looks in (meant[:4], meant[:3] + meant[4:], style.OTHERS):
        assert len({str(look.line) for look in looks}) == len(looks)
    assert len({look.marker for look in meant[:3] + meant[4:]}) == 4
    assert len({look.marker for look in style.OTHERS}) == len(style.OTHERS)


@pytest.mark.parametrize("name", ["CLS", "MEAN", "SBERT", "CONTROL", "OTHER", "INK", "VIOLET", "OLIVE"])
def test_a_colour_can_be_text(name):
    assert marks.contrast(getattr(style, name), style.PAPER) >= 4.5
    assert marks.contrast("#000000", "#FFFFFF") == pytest.approx(21)


@pytest.mark.parametrize(
    ("label", "like"),
    [("raw [CLS]", "[CLS]"), ("[CLS] tuned for topic", "[CLS]"), ("raw mean", "mean"), ("siamese [CLS]", "SBERT")],
)
def test_a_system_has_the_look_of_what_it_is(label, like):
    assert style.look_of(label) == style.look_of(like)
    assert style.look_of(label).color == style.STYLES[like]["color"]


def test_controls_are_grey_and_dotted():
    for label in ("untrained [CLS]", "untrained mean", "TF-IDF", "[CLS] tuned, labels shuffled"):
        look = style.look_of(label)
        assert (look.color, look.line) == (style.CONTROL, ":")


# Titles and showing -----------------------------------------------------------------------------------------------------


def test_a_title_is_wrapped_evenly_and_never_leaves_its_width():
    text = "Most tokens a word: chemistry; fewest: emoji, with 27% of the words lost " + 90 * "x"
    lines = style.wrap(text, 300, style.TITLE, "bold").split("\n")
    assert max(style.text_width(line, style.TITLE, "bold") for line in lines) <= 300
    assert "".join(lines).replace(" ", "") == text.replace(" ", "")
    two = style.wrap("one two three four five six seven eight nine ten", 250, style.TITLE, "bold").split("\n")
    assert len(two) == 2
    assert len(two[1]) > 0.6 * len(two[0])
    narrow = style.wrap("sentiment, probe", 90, style.PANEL, "bold")
    assert narrow == "sentiment,\nprobe"  # evenly, but not inside a word that has room


def test_money_in_a_title_or_a_token_is_no_mathematics():
    figure = plots.subword_view(["$", "5_0", "$"], [1, 2, 3], [0, 1, 2], "It costs $5 or $6_0")
    figure.canvas.draw()
    assert all(not text.get_parse_math() for text in [figure._suptitle, *figure.axes[0].texts])
    plt.close(figure)


@pytest.mark.parametrize("alt", ["", "  \n"])
def test_a_figure_without_alt_text_is_refused(alt):
    figure, _ = plt.subplots()
    with pytest.raises(ValueError, match="Describe the figure in alt"):
        plots.show(figure, alt)
    plt.close(figure)


def test_a_shown_figure_is_the_stored_png_with_its_alt_text(monkeypatch):
    import IPython.display

    seen = []
    monkeypatch.setattr(IPython.display, "display", lambda shown, **options: seen.append((shown, options)))
    figure, axis = style.canvas(2.0)
    axis.plot([0, 1], [0, 1])
    said = repr(figure)
    plots.show(figure, "A line.")
    ((shown, options),) = seen
    assert repr(shown) == said
    assert said == "<Figure size 1140x300 with 1 Axes>"
    assert options == {"metadata": {"image/png": {"alt": "A line."}}}
    assert Image.open(io.BytesIO(shown._repr_png_())).size == (1140, 300)
    assert not plt.fignum_exists(figure.number)
