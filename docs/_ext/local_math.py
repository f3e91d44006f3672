"""Mathematics as MathML, which browsers set themselves: no script is loaded, and none is needed offline."""

from html import escape

from docutils import nodes
from latex2mathml.converter import convert
from sphinx.util import logging
from sphinx.writers.html5 import HTML5Translator

_logger = logging.getLogger(__name__)


def _mathml(node: nodes.Element, display: str) -> str:
    """The LaTeX of ``node`` as MathML, with its source as alternative text; what cannot be read is reported."""
    latex = node.astext()
    try:
        return convert(latex, display=display).replace("<math ", f'<math alttext="{escape(latex)}" ', 1)
    except Exception as error:  # the converter raises many kinds
        _logger.warning("not read as mathematics: %s (%r)", latex, error, location=node)
        return ""


def _inline(self: HTML5Translator, node: nodes.math) -> None:
    self.body.append(_mathml(node, "inline"))
    raise nodes.SkipNode


def _block(self: HTML5Translator, node: nodes.math_block) -> None:
    self.body.append(self.starttag(node, "div", CLASS="math") + _mathml(node, "block") + "</div>\n")
    raise nodes.SkipNode


def setup(app):
    app.add_html_math_renderer("mathml", (_inline, None), (_block, None))
    return {"version": "1", "parallel_read_safe": True, "parallel_write_safe": True}
