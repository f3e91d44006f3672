"""Figures of notebooks keep the alt text that is stored with them, and get the anchors to which the gallery links."""

import hashlib
from pathlib import Path

from docutils import nodes
from sphinx.util import logging

from course_utils import gallery

_logger = logging.getLogger(__name__)


def _describe(app, doctree):
    """MyST-NB names a picture by its hash and drops its alt text: both are found again in the notebook."""
    source = Path(app.env.doc2path(app.env.docname))
    if source.suffix != ".ipynb":
        return
    stored = {}
    for figure in gallery.figures(source):
        stored.setdefault(hashlib.sha256(figure.png).hexdigest(), []).append(figure)
    for image in list(doctree.findall(nodes.image)):
        figures = stored.get(Path(image["uri"]).stem)
        if not figures:
            continue
        figure = figures.pop(0)
        if not figure.alt:
            _logger.warning("%s of %s has no alt text", figure.anchor, figure.notebook, location=image)
        image["alt"] = figure.alt
        anchor = nodes.container(ids=[figure.anchor], classes=["notebook-figure"])
        image.replace_self(anchor)
        anchor += image


def setup(app):
    app.connect("doctree-read", _describe)
    return {"version": "1", "parallel_read_safe": True, "parallel_write_safe": True}
