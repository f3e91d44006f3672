"""The instructor's guide: its plan adds up, its tables are fresh, and what it says of the notebooks stands in them."""

import json
import re
import shutil
from pathlib import Path

import pytest

from course_utils import workshop_notebooks, workshop_plan, workshop_tables, workshops
from course_utils.workspace import ROOT

MAIN = ROOT / "docs" / "instructors.md"
PAGES = sorted((ROOT / "docs" / "instructors").glob("*.md"))
MARKED = re.compile(r"`(?P<quote>[^`]+)`|\(cell (?P<cell>[\w-]+)(?: of (?P<other>\d\d))?\)")
NUMBER = re.compile(r"(?:^|[ +-])\d")  # a quoted number, and not the 0 of `hidden_states[0]`
LENGTHS = {"short": (90, 1), "half_day": (240, 1), "two_days": (720, 2)}


@pytest.fixture(scope="module")
def there():
    return workshop_notebooks.notebooks()


@pytest.fixture(scope="module")
def plan(there):
    return workshop_plan.formats(there)


def flat(text):
    return " ".join(text.split())


def prose(path):
    """The page on one line, without its computed tables."""
    return flat(re.sub(r"<!-- table: .*?<!-- end of table -->", "", path.read_text(encoding="utf-8"), flags=re.S))


def test_every_notebook_has_a_page_and_the_main_page_leads_to_it(there):
    assert [path.stem for path in PAGES] == [notebook.stem for notebook in there.values()]
    for notebook in there.values():
        assert f"[{notebook.title}](instructors/{notebook.stem}.md)" in prose(MAIN)


@pytest.mark.parametrize("path", PAGES, ids=lambda path: path.stem)
def test_a_page_names_every_exercise_and_asks_back(path, there):
    text = path.read_text(encoding="utf-8")
    parts = re.split(
        r"^### ", text.split("## Wrong answers, and the question to ask back")[1].split("## To discuss")[0], flags=re.M
    )[1:]
    exercises = there[path.stem[:2]].exercises
    assert [part.splitlines()[0] for part in parts] == [f"{exercise.number} {exercise.title}" for exercise in exercises]
    for part in parts:
        assert len(re.findall(r'^\* \*.+?\* "[^"]+\?', flat(part).replace(" * *", "\n* *"), re.M)) >= 2, part


@pytest.mark.parametrize("path", PAGES, ids=lambda path: path.stem)
def test_a_page_has_all_its_parts(path):
    headings = re.findall(r"^## (.+)$", path.read_text(encoding="utf-8"), re.M)
    wanted = ["What they can do afterwards", "Timing", "Show, let them do, skip", "Guesses and measurements"]
    assert headings[:6] == [*wanted, "Wrong answers, and the question to ask back", "To discuss"]


def quotes(path):
    """The (number, cell, notebook) triples of a page: a number in backticks belongs to the next cell that its item names."""
    text = re.sub(r"<!-- table: .*?<!-- end of table -->", "", path.read_text(encoding="utf-8"), flags=re.S)
    found = []
    for block in re.split(r"\n\n|\n(?=\* )", text):
        waiting = []
        for mark in MARKED.finditer(flat(block)):
            if mark["quote"] and NUMBER.search(mark["quote"]) and not mark["quote"].startswith("["):
                waiting.append(mark["quote"])
            elif mark["cell"]:
                found += [(quote, mark["cell"], mark["other"] or path.stem[:2]) for quote in waiting]
                waiting = []
        assert waiting == [], f"{path.name}: no cell is named for {waiting}"
    return found


@pytest.mark.parametrize("path", PAGES, ids=lambda path: path.stem)
def test_quoted_numbers_stand_in_the_stored_outputs(path, there):
    found = quotes(path)
    assert len(found) >= 3
    for quote, cell, number in found:
        shown = flat(there[number].outputs[cell])
        assert re.search(rf"(?<![\d.]){re.escape(quote)}(?!\d)", shown), f"{quote} is not in {cell}: {shown[:900]}"


@pytest.mark.parametrize("path", PAGES, ids=lambda path: path.stem)
def test_no_measured_number_stands_outside_the_quotes(path):
    rest = re.sub(r"(?<!\w)0\d\.\d(?!\d)", "", re.sub(r"`[^`]*`", "", prose(path)))
    assert re.findall(r"\d+\.\d+|\d+ ?%", rest) == []


@pytest.mark.parametrize("path", PAGES, ids=lambda path: path.stem)
def test_cells_and_sections_that_a_page_refers_to_are_there(path, there):
    text, notebook = prose(path), there[path.stem[:2]]
    for cell in re.findall(r"\bcode-[0-9a-f]{8}", re.sub(r"code-[0-9a-f]{8} of \d\d", "", text)):
        assert cell in notebook.outputs, cell
    numbered = {heading.split()[0] for heading in notebook.sections}
    for said in re.findall(r"\b[Ss]ections? (\d+(?:(?:, | and )\d+)*)", text):
        assert set(re.findall(r"\d+", said)) <= numbered, said


def test_the_formats_add_up_and_have_breaks(plan):
    assert {key: (one.minutes, one.days) for key, one in plan.items()} == LENGTHS
    for one in plan.values():
        assert sum(item.minutes for item in one.items) == one.minutes
        assert all(item.minutes % 5 == 0 and item.planned <= item.minutes for item in one.items)
        assert any(item.how == "break" for item in one.items)
        for day in range(1, one.days + 1):
            sitting = 0
            for item in (item for item in one.items if item.day == day):
                sitting = 0 if item.how == "break" else sitting + item.minutes
                assert sitting <= 100, f"{one.title}: nobody sits for {sitting} minutes"


def test_two_days_reach_every_notebook_and_all_bring_the_first_guess_back(plan, there):
    assert {item.notebook.stem for item in plan["two_days"].items if item.notebook} == {n.stem for n in there.values()}
    for one in plan.values():
        sections = [heading for item in one.items for heading in item.sections]
        assert sections.index("6 Your first guess") < sections.index("4 Everything on everything")


def test_the_slides_are_those_of_the_90_minutes(plan):
    """A section with a slide is in the plan of that format, and every section of the plan but the learners' own has one."""
    sections = {"slides": set(), "plan": {heading for item in plan["short"].items for heading in item.sections}}
    for path in (ROOT / "notebooks").glob("*.ipynb"):
        heading = ""
        for cell in json.loads(path.read_text(encoding="utf-8"))["cells"]:
            said = re.findall(r"^## (.+)$", "".join(cell["source"]), re.M) if cell["cell_type"] == "markdown" else []
            heading = said[-1] if said else heading
            if cell["metadata"].get("slideshow", {}).get("slide_type") in ("slide", "subslide", "fragment"):
                sections["slides"].add(heading)
    if sections["slides"]:
        assert sections["slides"] - sections["plan"] == set()
        assert sections["plan"] - sections["slides"] <= {"1 Is the machine ready?", "2 The belief", "6 Your first guess"}


def test_the_plan_does_no_exercise_twice_and_no_stretch(plan):
    for one in plan.values():
        numbers = [exercise.number for item in one.items for exercise in item.exercises]
        assert len(numbers) == len(set(numbers))
        assert not any(exercise.stretch for item in one.items for exercise in item.exercises)


def test_the_minutes_of_the_exercises_are_those_of_the_exercises_themselves(there):
    from course_utils.exercises.overview import modules, named

    for module in modules():
        stated = {thing.title: thing.minutes for thing in named(module).values() if hasattr(thing, "minutes")}
        assert {exercise.title: exercise.minutes for exercise in there[module.__name__[-2:]].exercises} == stated


def test_the_tables_are_fresh():
    stale = [path.name for path, (before, after) in workshops.rewritten().items() if before != after]
    assert stale == [], "run python -m course_utils.workshops"


def test_links_resolve():
    for path in (MAIN, *PAGES):
        for target in re.findall(r"\]\(([^)#\s]+)\)", path.read_text(encoding="utf-8")):
            assert "://" in target or (path.parent / target).exists(), f"{path.name}: {target}"


def test_commands_that_are_named_exist():
    commands = (ROOT / "course_utils" / "__main__.py").read_text(encoding="utf-8")
    for path in (MAIN, *PAGES):
        for module, word in re.findall(r"python -m course_utils(\.| )([a-z]+)", path.read_text(encoding="utf-8")):
            there = (ROOT / "course_utils" / f"{word}.py").is_file() if module == "." else re.search(rf"\b{word}\b", commands)
            assert there, f"{path.name}: {word}"


def test_interactive_parts_are_demonstrated_where_the_notebooks_have_them(there):
    parts = {"tokens": "01", "blanks": "02", "attention": "02", "forging": "05", "similarity": "06", "search": "07"}
    named = {name: path.stem[:2] for path in PAGES for name in re.findall(r"cu\.interactive\.([a-z]+)", prose(path))}
    assert named == parts
    for name, number in parts.items():
        assert any(f"cu.interactive.{name}(" in source for source in there[number].sources.values()), name


@pytest.fixture
def small(tmp_path):
    """A repository with one notebook and a plan of one day, and a function that writes another plan."""
    (tmp_path / "notebooks").mkdir()
    (tmp_path / "docs" / "instructors").mkdir(parents=True)
    card = "# 09 A\n\n| | |\n|---|---|\n| **Time** | 30 minutes |\n| **Runs in** | 4 s of computing and 1 GB |"
    texts = [card, "## 1 First\n\nText.", "### Exercise 09.1: Try | it\n★☆☆ · 7 minutes · Why.", "## 2 Second"]
    cells = [{"cell_type": "markdown", "id": f"md-{i}", "source": text} for i, text in enumerate(texts)]
    (tmp_path / "notebooks" / "09_a.ipynb").write_text(json.dumps({"cells": cells}), encoding="utf-8")

    def write(items, head='title = "An hour"\nminutes = 60\n'):
        (tmp_path / workshop_plan.PLAN).write_text(f"[hour]\n{head}items = [{items}]", encoding="utf-8")
        return workshop_plan.formats(workshop_notebooks.notebooks(tmp_path), tmp_path)

    return write


FULL = '{ minutes = 45, how = "do", notebook = "09", sections = { "1 First" = 30 }, exercises = ["09.1"] }, '
REST = '{ minutes = 15, how = "break" }'


def test_a_small_plan_by_hand(small):
    one = small(FULL + REST)["hour"]
    assert [(item.minutes, item.planned) for item in one.items] == [(45, 37), (15, 0)]
    lines = workshop_tables.schedule(one).splitlines()
    assert lines[2] == "| 0:00 | 45 | do | [09](instructors/09_a.md): 1 First (30); exercise 09.1 (7) | 8 |"
    assert lines[-1] == "| 1:00 |  |  | end |  |"
    table = workshop_tables.sections_table(one.items[0].notebook, {"hour": one}).splitlines()
    assert table[0] == "Its card says 30 minutes, its exercises take 7. Run through once: 4 s of computing and 1 GB."
    assert table[4:] == [
        "| 1 First | 30 |",
        "| exercise 09.1, Try \\| it: 7 minutes | 7 |",
        "| 2 Second |  |",
        "| left for questions | 8 |",
        "| **all** | 45 |",
    ]


@pytest.mark.parametrize(
    ("items", "said"),
    [
        (FULL, "day 1: the items add up to 45 minutes, and the day has 60"),
        (FULL.replace("1 First", "1 Frist") + REST, "09_a has no section '1 Frist'. It has: 1 First; 2 Second"),
        (FULL.replace('"09.1"', '"09.2"') + REST, "09_a has no exercise '09.2'. It has: 09.1"),
        (FULL.replace('"09"', '"08"', 1) + REST, "there is no notebook '08'. There are 09"),
        (FULL.replace("30", "40") + REST, "take 47 minutes, and the item has 45"),
        (FULL.replace("45", "44") + REST, "minutes is 44, and must be a multiple of 5"),
        (FULL.replace('"do"', '"read"') + REST, "how is 'read'"),
        (FULL.replace("how", "who") + REST, "item 1: who is unknown"),
        ('{ minutes = 60, how = "do", exercises = ["09.1"] }', "sections and exercises need a notebook"),
        (FULL + '{ minutes = 15, how = "break", day = 2 }', "day 2 is not one of the format's days"),
        (FULL.replace("30", '"half"') + REST, "'1 First' has 'half', and must have whole minutes above 0"),
        (FULL.replace("45", "true") + REST, "minutes is True, and must be"),
        ("5", "items must be a list of tables"),
        ("{ minutes = ", "timing.toml is not TOML"),
    ],
)
def test_an_error_in_the_plan_is_named(small, items, said):
    with pytest.raises(ValueError, match=re.escape(said)):
        small(items)


@pytest.mark.parametrize(
    ("head", "said"),
    [
        ('title = "An hour"\n', "Format hour: minutes is missing"),
        ('title = "An hour"\nminutes = 60\nlength = 60\n', "Format hour: length is unknown"),
        ('title = "An hour"\nminutes = 60\ndays = 7\n', "the days of one length"),
        ('title = "An hour"\nminutes = 60\ndays = 0\n', "minutes and days must be whole numbers above 0"),
    ],
)
def test_an_error_in_the_head_of_a_format_is_named(small, head, said):
    with pytest.raises(ValueError, match=said):
        small(FULL + REST, head=head)


def test_what_is_missing_is_named(tmp_path):
    with pytest.raises(ValueError, match="There are no notebooks"):
        workshop_notebooks.notebooks(tmp_path)
    with pytest.raises(ValueError, match="There is no notebook 03_x"):
        workshop_notebooks.read_notebook(tmp_path / "03_x.ipynb")
    with pytest.raises(ValueError, match="is not there: the guide needs the repository"):
        workshop_plan.formats({}, tmp_path)
    with pytest.raises(ValueError, match=r"guesses\.toml cannot be read"):
        workshop_tables.guesses(tmp_path)


def test_a_stale_table_is_seen_and_the_rest_of_a_page_is_left_alone(tmp_path, monkeypatch, capsys):
    for part in ("docs", "notebooks"):
        shutil.copytree(ROOT / part, tmp_path / part)
    plan = tmp_path / workshop_plan.PLAN
    plan.write_text(plan.read_text("utf-8").replace('"7 A guide" = 3', '"7 A guide" = 4'), encoding="utf-8")
    page = tmp_path / "docs" / "instructors" / "07_choosing_an_embedding.md"
    changed = {path: texts for path, texts in workshops.rewritten(tmp_path).items() if texts[0] != texts[1]}
    assert set(changed) == {tmp_path / "docs" / "instructors.md", page}
    before, after = (re.sub(r"<!-- table: sections.*?end of table -->", "", text, flags=re.S) for text in changed[page])
    assert before == after
    monkeypatch.setattr(workshops, "ROOT", tmp_path)
    assert workshops.main() == 0
    assert capsys.readouterr().out.splitlines() == [
        f"{Path('docs', 'instructors.md')}: written",
        f"{Path('docs', 'instructors', page.name)}: written",
    ]
    assert all(before == after for before, after in workshops.rewritten(tmp_path).values())
    page.write_text("<!-- table: section -->\n<!-- end of table -->", encoding="utf-8")
    with pytest.raises(ValueError, match="asks for a table 'section'"):
        workshops.rewritten(tmp_path)
    assert workshops.main() == 1
    assert "asks for a table 'section'" in capsys.readouterr().err
    page.unlink()
    with pytest.raises(ValueError, match="no page 07_choosing"):
        workshops.rewritten(tmp_path)


def test_measurements_come_from_the_stored_outputs(there):
    assert workshop_tables.measured("nb00.unrelated", there) == ("0.83", "section 3, code-d8d50338")
    order = "Sentence-BERT, raw mean, TF-IDF, raw [CLS], [CLS] tuned for sentiment"
    assert workshop_tables.measured("nb00.best_way", there) == (order, "section 4 of 07, code-cbaaacbd")


def test_a_prediction_without_a_measurement_or_an_expectation_is_named(there):
    with pytest.raises(ValueError, match=r"nb00\.best_way, nb00\.unrelated stands there"):
        workshop_tables.guesses_table("00", there, {})
    with pytest.raises(ValueError, match=r"what was measured for nb00\.nothing"):
        workshop_tables.measured("nb00.nothing", there)
