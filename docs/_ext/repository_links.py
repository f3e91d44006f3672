"""Links from one file of the repository to another: to its page where the site has one, else to the repository's address.

A link to a file that is not there stays as it is, and MyST reports it.
"""

import os
from pathlib import Path

from docutils import nodes
from sphinx import addnodes

from course_utils import repository

PAGES = {"README.md": "index.md", "docs/index.md": "index.md"}  # files whose page has another name


def _resolve(app, doctree):
    root = Path(app.confdir).parent
    here = os.path.dirname(app.env.doc2path(app.env.docname, base=False))
    for link in list(doctree.findall(addnodes.pending_xref)):
        if link.get("reftype") != "myst" or link.get("refdomain"):
            continue
        target, _, anchor = link["reftarget"].partition("#")
        path = os.path.normpath(os.path.join(here, target)).replace(os.sep, "/")
        if not target or path.startswith("..") or not (root / path).exists():
            continue
        if path in PAGES:
            link["refdomain"], link["reftarget"], link["reftargetid"] = "doc", PAGES[path].rpartition(".")[0], anchor or None
            continue
        address = repository.source_address(path, root) + (f"#{anchor}" if anchor else "")
        link.replace_self(nodes.reference("", "", *link.children, refuri=address, internal=False))


def setup(app):
    app.connect("doctree-read", _resolve)
    return {"version": "1", "parallel_read_safe": True, "parallel_write_safe": True}
