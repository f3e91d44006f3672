"""What a bug report holds, and advice where something is wrong."""

import pytest

from course_utils import data, devices, doctor, models, requirements


@pytest.fixture
def lines(monkeypatch):
    monkeypatch.setenv("HF_HUB_OFFLINE", "1")
    return {line.name: line for line in doctor.examine()}


def test_it_says_what_a_report_needs(lines, capsys):
    names = {"course_utils", "Python", "packages", "device", "memory", "disk", "bundled", "data", "cached", "hub"}
    assert set(lines) == names
    assert "torch" in lines["packages"].found
    assert "precision" in lines["device"].found
    assert lines["hub"].found == "not asked: HF_HUB_OFFLINE is set"
    bad = doctor.main()
    out = capsys.readouterr().out
    assert bad == int("LOOK" in out)
    assert sum("checksums right" in line for line in out.splitlines()) == len(models.BUNDLED) + 1


def test_each_failing_line_gives_advice(monkeypatch, tmp_path):
    from packaging.requirements import Requirement

    monkeypatch.setattr(requirements, "missing", lambda: [(Requirement("usearch>=2.17"), None)])
    monkeypatch.setattr(devices, "memory_gb", lambda device: (0.4, 2.0))
    monkeypatch.setattr(models, "ASSETS", tmp_path)
    monkeypatch.setattr(data, "FOLDER", tmp_path)
    monkeypatch.setattr(doctor.shutil, "disk_usage", lambda path: type("usage", (), {"free": 10**8}))
    monkeypatch.setattr(doctor, "_hub", lambda: 1 / 0)
    bad = [line for line in doctor.examine() if not line.good]
    said = "\n".join(map(str, bad))
    for part in (
        "python -m pip install 'usearch>=2.17'",
        "0.4 of 2.0 GB free",
        "git checkout -- course_utils/assets",
        "git checkout -- course_utils/data",
        "name another folder in HF_HUB_CACHE",
        "ZeroDivisionError",
    ):
        assert part in said, part
    assert all(line.advice for line in bad)


def test_a_hub_that_does_not_answer_is_no_end(monkeypatch):
    from huggingface_hub import constants

    from course_utils import hub

    monkeypatch.setattr(hub, "is_offline", lambda: False)
    monkeypatch.setattr(constants, "ENDPOINT", "http://127.0.0.1:9")
    (line,) = doctor._hub()
    assert not line.good
    assert "no answer within 5 s" in line.found
    assert "The course works without it" in line.advice


def test_without_a_home_folder_it_says_what_to_set(monkeypatch):
    from huggingface_hub import constants

    monkeypatch.setattr(constants, "HF_HUB_CACHE", "~/.cache/huggingface/hub")
    monkeypatch.setattr("pathlib.Path.expanduser", lambda path: (_ for _ in ()).throw(RuntimeError("no home")))
    bad = [line for line in doctor.examine() if not line.good and line.name in ("disk", "cache", "cached")]
    assert [line.name for line in bad] == ["disk"]
    assert "HF_HUB_CACHE=/a/folder" in bad[0].advice
