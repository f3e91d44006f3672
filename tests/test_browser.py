"""JupyterLab in a browser: every notebook opened and run as a learner does it. Slow: ``make test-browser``, not ``make test``.

``COURSE_NOTEBOOKS="00 04"`` takes some notebooks only. Screenshots and the findings of axe go to ``build/browser``.
"""

import inspect
import json
import os
import re
import shutil
import signal
import subprocess
import sys
import textwrap
import time
from urllib.parse import urlsplit

import nbformat
import pytest

from course_utils import repository
from course_utils.publishing import chosen
from course_utils.workspace import ROOT

CHROMIUM = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)
ASKED = os.environ.get("COURSE_BROWSER") == "1"
if not ASKED:
    pytest.skip("takes a browser and half an hour: make test-browser", allow_module_level=True)
playwright = pytest.importorskip("playwright.sync_api", reason="playwright is missing: pip install -e '.[browser]'")
axe = pytest.importorskip("axe_playwright_python.sync_playwright", reason="axe is missing: pip install -e '.[browser]'")

ARTEFACTS = ROOT / "build" / "browser"
ARGUMENTS = ["--no-sandbox", "--disable-gpu", "--disable-background-networking", "--disable-component-update", "--disable-sync"]
NOTEBOOKS = chosen(os.environ.get("COURSE_NOTEBOOKS", "").split())
ALL_IN_DOM = {"windowingMode": "none"}
BADGES = {urlsplit(address).hostname for address in repository.BADGES}  # pictures of the first cell
NOT_OURS = {  # finding of axe to what names its place
    # the alt text is stored with the figure (test_notebooks.py); JupyterLab 4 does not hand it on:
    # github.com/jupyter/enhancement-proposals/issues/120
    "image-alt": ".jp-RenderedImage",
    # ipywidgets writes the label of a slider beside it, and gives its handle no name
    "aria-input-field-name": "noUi-handle",
}
HERE = {None, "127.0.0.1"}
EXERCISES = {
    "00": "cosine",
    "01": "truncate",
    "02": "assemble",
    "03": "mean_cosine",
    "04": "masked_mean",
    "05": "change",
    "06": "uniformity",
    "07": "reciprocal_rank",
}


def stems(path):
    return path.stem


@pytest.fixture(scope="module")
def lab(tmp_path_factory):
    """The address, with its token, of ``python -m course_utils lab`` on fresh copies, its home folder empty."""
    home = tmp_path_factory.mktemp("home")
    settings = home / "config" / "lab" / "user-settings" / "@jupyterlab" / "notebook-extension"
    settings.mkdir(parents=True)
    (settings / "tracker.jupyterlab-settings").write_text(json.dumps(ALL_IN_DOM), encoding="utf-8")
    environment = {
        **os.environ,
        "HOME": str(home),
        "COURSE_WORK": str(home / "work"),
        "COURSE_PROGRESS": str(home / "progress.json"),
        "JUPYTER_CONFIG_DIR": str(home / "config"),
        "JUPYTER_RUNTIME_DIR": str(home / "runtime"),
        "JUPYTERLAB_SETTINGS_DIR": str(home / "config" / "lab" / "user-settings"),
        "HF_HUB_OFFLINE": "1",
        "TQDM_DISABLE": "1",
    }
    command = [sys.executable, "-m", "course_utils", "lab", "--no-browser", "--allow-root", "--port=0"]
    with open(home / "log.txt", "w", encoding="utf-8") as log:
        server = subprocess.Popen(
            command, cwd=ROOT, env=environment, stdout=log, stderr=subprocess.STDOUT, start_new_session=True
        )
        try:
            deadline = time.monotonic() + 120
            while not (found := re.search(r"http://127\.0\.0\.1:(\d+)/lab\S*\?token=(\w+)", (home / "log.txt").read_text())):
                assert server.poll() is None, (home / "log.txt").read_text()
                assert time.monotonic() < deadline, "JupyterLab did not start"
                time.sleep(0.5)
            yield f"http://127.0.0.1:{found[1]}", found[2]
        finally:
            os.killpg(server.pid, signal.SIGTERM)  # JupyterLab is a child of the command; it shuts its kernels down
            server.wait(30)


@pytest.fixture(scope="module")
def browser():
    with playwright.sync_playwright() as driver:
        options = {"executable_path": CHROMIUM} if CHROMIUM else {}
        started = driver.chromium.launch(args=ARGUMENTS, **options)
        yield started
        started.close()


@pytest.fixture
def page(browser):
    context = browser.new_context(viewport={"width": 1440, "height": 1000})
    opened = context.new_page()
    opened.left = set()  # hosts that were asked for something
    opened.on("request", lambda request: opened.left.add(urlsplit(request.url).hostname))
    yield opened
    context.close()


def open_from_the_list(page, lab, path):
    """Open the work folder in JupyterLab and double-click the notebook in the list of files."""
    address, token = lab
    page.goto(f"{address}/lab/tree/work?token={token}&reset", wait_until="domcontentloaded")
    entry = page.locator(".jp-DirListing-item", has_text=path.name)
    entry.wait_for(timeout=120_000)
    entry.dblclick()
    page.locator(".jp-Notebook .jp-CodeCell").first.wait_for(timeout=120_000)
    wait_until_idle(page)


def wait_until_idle(page):
    state = page.locator("#jp-bottom-panel, .jp-StatusBar-Widget", has_text="| Idle").first
    state.wait_for(timeout=120_000)


def menu(page, name, entry):
    page.locator(".lm-MenuBar-item", has_text=re.compile(f"^{name}$")).click()
    page.locator(".lm-Menu-item", has_text=re.compile(f"^{entry}$")).click()


def run_all(page, cells):
    """Clear what is stored, so that nothing shown is not of this run; run all; wait for the last cell."""
    menu(page, "Edit", "Clear Outputs of All Cells")
    last = page.locator(".jp-CodeCell .jp-InputPrompt").nth(cells - 1)
    playwright.expect(last).to_have_text("[ ]:")
    menu(page, "Run", "Run All Cells")
    playwright.expect(last).to_have_text(re.compile(r"\[\d+\]:"), timeout=900_000)
    wait_until_idle(page)


def answer(stem):
    """(stub as it stands, a right answer with its check) of the exercise of this notebook."""
    import importlib

    name = EXERCISES[stem[:2]]
    exercise = getattr(importlib.import_module(f"course_utils.exercises.nb{stem[:2]}"), name)
    source = textwrap.dedent(inspect.getsource(exercise.reference))
    return f"q.{name}.check(", f"import numpy as np\nimport torch\n\n{source}\n\nq.{name}.check({exercise.reference.__name__})"


@pytest.mark.parametrize("path", NOTEBOOKS, ids=stems)
def test_a_learner_runs_the_notebook(lab, page, path):
    stored = nbformat.read(path, as_version=4)
    code = [c for c in stored.cells if c.cell_type == "code"]
    open_from_the_list(page, lab, path)
    run_all(page, len(code))
    ARTEFACTS.mkdir(parents=True, exist_ok=True)

    wrong = page.locator('[data-mime-type="application/vnd.jupyter.error"], [data-mime-type="application/vnd.jupyter.stderr"]')
    assert wrong.all_inner_texts() == []
    prompts = page.locator(".jp-CodeCell .jp-InputPrompt").all_inner_texts()
    assert len(prompts) == len(code)
    assert all(re.fullmatch(r"\[\d+\]:", prompt) for prompt in prompts)

    figures = page.locator(".jp-RenderedImage img")
    assert figures.count() == sum("image/png" in o.get("data", {}) for c in code for o in c.outputs)
    widths = figures.evaluate_all("images => images.map(i => i.naturalWidth > 300 && i.getBoundingClientRect().width > 300)")
    assert all(widths)

    places = [i for i, c in enumerate(stored.cells) if "interactive" in c.metadata.get("tags", [])]
    for number, place in enumerate(places):
        part = page.locator(".jp-Notebook > .jp-WindowedPanel-outer .jp-Cell").nth(place)
        tries_out(part)
        part.screenshot(path=ARTEFACTS / f"{path.stem}.interactive{number}.png")

    marker, typed = answer(path.stem)
    place = next(i for i, c in enumerate(stored.cells) if c.cell_type == "code" and marker in c.source)
    editor = page.locator(".jp-Notebook > .jp-WindowedPanel-outer .jp-Cell").nth(place)
    assert "Not attempted" in editor.locator(".jp-OutputArea").inner_text()
    editor.locator(".cm-content").click()
    page.keyboard.press("Control+a")
    page.keyboard.insert_text(typed)
    page.keyboard.press("Control+Enter")
    playwright.expect(editor.locator(".jp-OutputArea")).to_contain_text("Correct", timeout=120_000)

    found = scan(page, path.stem)
    page.screenshot(path=ARTEFACTS / f"{path.stem}.png")
    assert page.left <= BADGES | HERE
    assert found == []


def tries_out(part):
    """Change the first input of an interactive part and see its answer change."""
    shown = part.locator(".jp-OutputArea")
    shown.wait_for()
    before = shown.inner_html()
    field = part.locator("textarea, input[type=text]").first  # one sentence, or several in lines
    if field.count():
        lines = field.evaluate("field => field.tagName == 'TEXTAREA' ? 2 : 1")
        field.fill("\n".join(["A small dog sleeps by the fire.", "A puppy naps near the stove."][:lines]))
        field.press("Tab")
    else:
        part.locator("[role=slider]").first.press("ArrowRight")
    deadline = time.monotonic() + 20
    while shown.inner_html() == before:
        assert time.monotonic() < deadline, "the interactive part did not answer"
        time.sleep(0.1)


def scan(page, stem):
    """Serious and critical findings of axe in what the course itself puts there: texts, figures, tables, widgets."""
    context = {"include": [[".jp-RenderedMarkdown"], [".jp-OutputArea-output"]]}
    violations = axe.Axe().run(page, context=context).response["violations"]
    (ARTEFACTS / f"{stem}.axe.json").write_text(json.dumps(violations, indent=1), "utf-8")
    return [
        f"{violation['id']}: {node['html'][:200]}"
        for violation in violations
        if violation["impact"] in ("serious", "critical")
        for node in violation["nodes"]
        if NOT_OURS.get(violation["id"], "-") not in f"{node['html']} {node['target'][-1]}"
    ]
