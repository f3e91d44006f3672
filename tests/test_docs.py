"""The page on models says what the tables and the tests say."""

import csv
import re

import pytest
import test_hub

from course_utils import checkpoints, hub
from course_utils.workspace import ROOT

SAID = {  # of each message the part that the page quotes
    "missing": "or it is private. Check the spelling",
    "private": "or it is private. Check the spelling",
    "gated": "is gated: accept its terms on",
    "no revision": "has no revision",
    "too many": "429, too many requests; a class behind one address shares one limit",
    "down": "answers 503",
    "html": "answered with a web page instead of data: a proxy or the login page",
    "altered": "model.safetensors of ada/small-bert arrived altered",
    "truncated": "of ada/small-bert arrived truncated, and was not kept",
    "silent": "could not be reached",
}


@pytest.fixture(scope="module")
def page():
    return (ROOT / "docs" / "models.md").read_text(encoding="utf-8")


def test_the_table_of_models_is_the_tables_own(page):
    for name, known in hub.MODELS.items():
        line = f"| `{name}` | {known.repository} | {known.revision[:12]} | {known.megabytes} MB | {known.licence} |"
        assert line in page


def test_every_type_that_loads_is_named(page):
    flat = re.sub(r"[^a-z]", "", page.split("Types that load:")[1].split(".")[0].lower())
    for kind in checkpoints.SUPPORTED:
        assert kind.replace("-", "") in flat


def test_the_failures_are_those_that_are_injected(page):
    quoted = " ".join(page.split()).replace("NAME", test_hub.NAME).replace("`", "")
    assert {fault for fault in test_hub.FAULTS if SAID[fault] not in quoted} == set()
    for fault, said in SAID.items():
        assert said in test_hub.FAULTS[fault], fault


def test_the_table_of_bert_base_is_what_was_measured(page):
    with open(ROOT / "docs" / "bert_base.csv", newline="", encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    assert rows
    table = page.split("<!-- bert-base")[1].split("<!-- end of bert-base -->")[0]
    assert re.findall(r"^\| (\d\d) \| (\d+) \| ([\d.]+) \|$", table, re.M) == [
        (row["notebook"][:2], row["seconds"], row["peak_gb"]) for row in rows
    ]
