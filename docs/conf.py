"""Settings of the site, read by Sphinx. ``course_utils.site`` lays out the sources and calls it."""

import os
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
sys.path[:0] = [str(ROOT), str(ROOT / "docs" / "_ext")]

from course_utils import __version__, repository  # noqa: E402

project = "What the [CLS] vector is"
author = "The authors of the course"
copyright = "The authors of the course. Text and figures: CC BY 4.0, code: MIT"
version = release = __version__
suppress_warnings = ["myst.header"]  # a page may skip a level of headings
language = "en"
smartquotes = False  # text stays as it is written: --lax has two hyphens
root_doc = "index"
extensions = ["myst_nb", "sphinx_copybutton", "local_math", "notebook_figures", "repository_links"]
exclude_patterns = ["extra"]

# Notebooks are shown as they are stored. Live widgets would need a kernel, and scripts from elsewhere: left out.
nb_execution_mode = "off"
nb_ipywidgets_js = {}
nb_mime_priority_overrides = [("html", "application/vnd.jupyter.widget-view+json", None)]
nb_render_markdown_format = "myst"
myst_enable_extensions = ["amsmath", "attrs_inline", "colon_fence", "deflist", "dollarmath"]
myst_heading_anchors = 4
myst_dmath_allow_digits = False  # "$5 or $6" is no mathematics
html_math_renderer = "mathml"

html_theme = "furo"
html_title = project
html_static_path = [str(ROOT / "docs" / "_static")]
html_extra_path = [os.path.join(os.environ["COURSE_SITE_SOURCE"], "extra")]  # the gallery's pictures
html_css_files = ["course.css"]
html_js_files = ["course.js"]
html_favicon = str(ROOT / "docs" / "_static" / "favicon.svg")
html_copy_source = False
html_use_index = False
html_show_sphinx = False
pygments_style = "a11y-high-contrast-light"
pygments_dark_style = "a11y-high-contrast-dark"
html_theme_options = {
    "light_css_variables": {"color-brand-primary": "#0b5a94", "color-brand-content": "#0b5a94"},
    "dark_css_variables": {"color-brand-primary": "#7cc0f2", "color-brand-content": "#7cc0f2"},
    "footer_icons": [],
}
html_sidebars = {
    "**": [
        "sidebar/brand.html",
        "sidebar/search.html",
        "sidebar/scroll-start.html",
        "sidebar/navigation.html",
        "sidebar/scroll-end.html",
    ]
}
copybutton_selector = "div.cell_input div.highlight pre, div.highlight:not(div.cell_output div.highlight) > pre"
copybutton_exclude = ".linenos, .gp"

linkcheck_timeout = 20
linkcheck_retries = 2
linkcheck_workers = 8
linkcheck_anchors = False
linkcheck_ignore = [r"https?://(localhost|127\.0\.0\.1)\b", r"https://doi\.org/"]  # publishers behind doi.org refuse robots
if repository.current(ROOT) == repository.UNKNOWN:  # not published yet
    linkcheck_ignore.append(rf"https://.*\b{repository.UNKNOWN}\b.*")
