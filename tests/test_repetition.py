"""What came of each claim when its study was repeated, and what the ledgers make of it."""

import json

import pytest

import course_utils as cu
from course_utils import ledgers, repetition, replication
from course_utils.checksums import list_checksum, sha256
from course_utils.proof import seeds
from course_utils.publishing import chosen

PATHS = {path.name[:2]: path for path in chosen([])}


@pytest.mark.parametrize("number", sorted(PATHS))
def test_the_table_holds_every_claim_of_the_notebook_ten_times(number):
    found, stored = cu.repeated_verdicts(number), seeds.stored(PATHS[number])
    assert set(found) == set(stored)
    assert {sum(counts.values()) for counts in found.values()} == {len(seeds.DRAWS)}


@pytest.mark.parametrize("number", sorted(PATHS))
def test_no_ledger_calls_a_claim_decided_that_wavers(number):
    found = cu.repeated_verdicts(number)
    rows = ledgers.read_ledger(PATHS[number])
    assert rows
    for row in rows:
        assert row["verdict"] == "undecided" or found[row["claim"]][row["verdict"]] >= 9, row
        own, _, times = row["again"].rpartition(" in ")
        assert times == f"{found[row['claim']][own]} of 10"


def counts(*numbers):
    return dict(zip(repetition.OUTCOMES, numbers, strict=True))


def verdict(claim="one", low=0.1):
    return cu.judge(claim, cu.Interval(0.2, low, 0.3))


def test_a_decided_verdict_needs_nine_of_ten():
    for times, outcome in ((10, "supported"), (9, "supported"), (8, "undecided"), (0, "undecided")):
        assert repetition.settle(verdict(), {"one": counts(times, 0, 10 - times)})[0] == outcome
    assert repetition.settle(verdict(low=-0.1), {"one": counts(10, 0, 0)}) == ("undecided", "undecided in 0 of 10")
    assert repetition.settle(verdict("another"), {"one": counts(0, 0, 10)}) == ("supported", "")


def test_a_ledger_shows_what_came_again_only_where_it_is_known():
    entries = [("we", verdict()), ("they", verdict("other"))]
    assert list(cu.ledger(entries).columns) == ledgers.COLUMNS
    table = cu.ledger(entries, {"one": counts(6, 0, 4)})
    assert list(table.columns) == ledgers.REPEATED
    assert table["again"].tolist() == ["supported in 6 of 10", ""]
    assert table["verdict"].tolist() == ["undecided", "supported"]


def test_the_last_statement_of_the_thesis_heeds_the_repetitions():
    here = [verdict(), verdict("other")]
    table = cu.course_ledger(statements=[ledgers.Statement("last", ())], here=here, again={"one": counts(6, 0, 4)})
    assert table["verdict"].tolist() == ["undecided", "supported"]


@pytest.mark.parametrize(
    ("again", "message"),
    [
        ({"one": 3}, "'one' has no counts of supported"),
        ({"one": {"supported": 10}}, "take repeated_verdicts"),
        ({"one": counts(0, 0, 0)}, "was repeated no times"),
        ({"one": counts(-1, 0, 2)}, "a count of again"),
    ],
)
def test_counts_that_are_none_are_refused(again, message):
    with pytest.raises(ValueError, match=message):
        cu.ledger([("we", verdict())], again)


def test_an_unknown_notebook_and_a_damaged_table_are_named(tmp_path, monkeypatch):
    with pytest.raises(ValueError, match="give its two digits"):
        cu.repeated_verdicts("3")
    (tmp_path / "claims.csv").write_text("notebook,claim\n")
    monkeypatch.setattr(replication, "FOLDER", tmp_path)
    with pytest.raises(replication.DamagedResultsError, match="checksum is missing"):
        cu.repeated_verdicts("00")
    list_checksum(tmp_path / "claims.csv")
    (tmp_path / "claims.csv").write_text("altered")
    with pytest.raises(replication.DamagedResultsError, match="was altered"):
        cu.repeated_verdicts("00")


def test_listing_a_checksum_keeps_the_others(tmp_path):
    for name in ("a", "b"):
        (tmp_path / name).write_text(name)
        list_checksum(tmp_path / name)
    assert json.loads((tmp_path / "checksums.json").read_text()) == {n: sha256(tmp_path / n) for n in ("a", "b")}
