"""Classroom servers, Binder, workflows and the floor of versions: files that no other test executes are held together here."""

import csv
import os
import re
import shlex
import subprocess
import tomllib

import pytest
import yaml
from packaging.requirements import Requirement
from packaging.version import Version

from course_utils import install, sizing
from course_utils.publishing import budgets
from course_utils.workspace import ROOT

CLASSROOM = ROOT / "docs" / "classroom"
PAGE = ROOT / "docs" / "classroom.md"
WORKFLOWS = sorted((ROOT / ".github" / "workflows").glob("*.yml"))
BINDER_GB = 2.0
PERMISSIONS = {("pages.yml", "deploy"): {"pages": "write", "id-token": "write"}}  # of the jobs that may do more than read


def documents(path):
    return list(yaml.safe_load_all(path.read_text(encoding="utf-8")))


def gigabytes(size):
    """JupyterHub's ``3G`` counts in powers of 1024; here in GB (1e9 bytes), as the measurements are."""
    number, unit = re.fullmatch(r"([\d.]+)([KMGT])", size).groups()
    return float(number) * 1024 ** ("KMGT".index(unit) + 1) / 1e9


@pytest.fixture(scope="module")
def page():
    return PAGE.read_text(encoding="utf-8")


@pytest.fixture(scope="module")
def tljh():
    return documents(CLASSROOM / "tljh.yaml")[0]


@pytest.fixture(scope="module")
def z2jh():
    return documents(CLASSROOM / "z2jh-values.yaml")[0]


@pytest.fixture(scope="module")
def cache():
    return {document["kind"]: document for document in documents(CLASSROOM / "model-cache.yaml")}


@pytest.fixture(scope="module")
def environment():
    """What ``jupyterhub_config.d/course.py`` sets, executed as JupyterHub does it."""

    class Anything:
        def __getattr__(self, name):
            self.__dict__[name] = Anything()
            return self.__dict__[name]

    c = Anything()
    exec((CLASSROOM / "jupyterhub_config.d" / "course.py").read_text(encoding="utf-8"), {"c": c})
    return c.Spawner.environment


# How large


def test_the_table_of_sizes_is_what_the_measurements_give(page):
    between = re.search(r"<!-- sizing: python -m course_utils\.sizing -->\n(.*?)\n<!-- end of sizing -->", page, re.S)[1]
    assert between == sizing.as_markdown(), "paste what `python -m course_utils.sizing` prints into docs/classroom.md"
    assert f"{sizing.SERVER_GB} GB for the learner's Jupyter server" in page
    assert f"{sizing.SYSTEM_GB:.0f} GB for the system" in page
    assert f"in {sizing.WAIT_MINUTES} minutes, if the work" in page


def test_sizing_by_hand(tmp_path):
    table = tmp_path / "budgets.csv"
    table.write_text("notebook,seconds,peak_gb\n00,30,0.50\n01,300,1.35\n", encoding="utf-8")
    size = sizing.sizing(10, table)
    assert size.learner_gb == 2.0  # 1.35 at work, 0.50 left open, 0.15 for the server
    assert size.limit_gib == 2
    assert size.memory_gb == 22  # and 2 for the system
    assert size.cores == 4  # 10 x 300 s x 2 cores = 100 minutes of one core, in 30
    assert sizing.sizing(1, table).cores == 2
    assert sizing.sizing(10, table, peak_gb=3.35).memory_gb == 42


def test_sizing_refuses_with_a_reason(tmp_path, capsys):
    with pytest.raises(ValueError, match="at least one learner"):
        sizing.sizing(0)
    with pytest.raises(ValueError, match="make budget"):
        sizing.sizing(1, tmp_path / "none.csv")
    assert sizing.main(["many"]) == 2
    assert "whole numbers, got many" in capsys.readouterr().err
    assert sizing.main(["5"]) == 0
    assert capsys.readouterr().out.splitlines()[-1].startswith("| 5 | ")


def test_memory_limits_hold_the_highest_peak_and_the_reserve(tljh, z2jh):
    need = max(peak for _, peak in budgets().values()) + sizing.reserve_gb()
    assert gigabytes(tljh["limits"]["memory"]) >= need
    assert gigabytes(z2jh["singleuser"]["memory"]["limit"]) >= need
    assert gigabytes(z2jh["singleuser"]["memory"]["guarantee"]) >= need
    told = f"{sizing.sizing(1).limit_gib}G"
    assert tljh["limits"]["memory"] == z2jh["singleuser"]["memory"]["limit"] == told


# What servers, volumes and the page have in common


def test_every_server_is_offline_on_the_shared_cache(page, environment, z2jh, cache):
    variables = z2jh["singleuser"]["extraEnv"]
    assert environment == variables
    assert variables["HF_HUB_OFFLINE"] == "1"
    for name, value in variables.items():
        assert f"`{name}={value}`" in page, name
    folder = variables["HF_HUB_CACHE"]
    assert f"python -m course_utils prefetch --to {folder}" in page
    container = cache["Job"]["spec"]["template"]["spec"]["containers"][0]
    assert container["command"] == ["python", "-m", "course_utils", "prefetch", "--to", folder]
    assert [mount["mountPath"] for mount in container["volumeMounts"]] == [folder]


def test_learners_mount_the_models_read_only(z2jh, cache):
    storage = z2jh["singleuser"]["storage"]
    (volume,), (mount,) = storage["extraVolumes"], storage["extraVolumeMounts"]
    assert volume["name"] == mount["name"]
    assert mount["mountPath"] == z2jh["singleuser"]["extraEnv"]["HF_HUB_CACHE"]
    assert mount["readOnly"] is True
    assert volume["persistentVolumeClaim"]["readOnly"] is True
    claim = cache["PersistentVolumeClaim"]["metadata"]["name"]
    filled = cache["Job"]["spec"]["template"]["spec"]["volumes"][0]["persistentVolumeClaim"]["claimName"]
    assert volume["persistentVolumeClaim"]["claimName"] == claim == filled


def test_no_more_threads_than_cores(environment, tljh, z2jh):
    assert tljh["limits"]["cpu"] == z2jh["singleuser"]["cpu"]["limit"] == int(environment["OMP_NUM_THREADS"])


def test_idle_servers_end_on_both_after_the_time_told(page, tljh, z2jh):
    seconds = tljh["services"]["cull"]["timeout"]
    assert z2jh["cull"]["timeout"] == seconds
    assert f"ended after {seconds // 60} minutes" in page


def test_only_named_people_log_in_and_the_line_is_encrypted(tljh, z2jh):
    hub = z2jh["hub"]["config"]
    assert tljh["users"]["allowed"] == hub["Authenticator"]["allowed_users"]
    assert tljh["users"]["admin"] == hub["Authenticator"]["admin_users"]
    assert "Dummy" not in hub["JupyterHub"]["authenticator_class"]
    assert hub["FirstUseAuthenticator"]["create_users"] is False
    assert tljh["https"]["enabled"] is z2jh["proxy"]["https"]["enabled"] is True


def test_the_image_of_the_servers_is_built_on_the_page(page, z2jh, cache):
    image = z2jh["singleuser"]["image"]
    named = f"{image['name']}:{image['tag']}"
    assert f"--image-name {named}" in page
    assert cache["Job"]["spec"]["template"]["spec"]["containers"][0]["image"] == named
    copies = " ".join(z2jh["singleuser"]["lifecycleHooks"]["postStart"]["exec"]["command"])
    folder = re.search(r"--target-repo-dir (\S+)", page)[1]
    assert f"cp -rn {folder}/notebooks " in copies  # -n: a learner's copy is never overwritten


def test_the_chart_has_one_version(page):
    version = re.search(r"jupyterhub/jupyterhub --version (\S+)", page)[1]
    assert f"jupyterhub/jupyterhub {version}." in (CLASSROOM / "z2jh-values.yaml").read_text(encoding="utf-8")
    weekly = (ROOT / ".github" / "workflows" / "weekly.yml").read_text(encoding="utf-8")
    assert f"jupyterhub/jupyterhub --version {version} " in weekly


def test_files_and_pins_on_the_page_are_there(page):
    assert f"torch=={install.TORCH} --index-url {install.CPU_INDEX}" in page
    links = re.findall(r"\]\((?!https?:)([^)#]+)\)", page)
    assert len(links) >= 5
    copied = re.findall(r"docs/classroom/[\w./-]+", page)
    assert len(copied) >= 4
    for path in [*(PAGE.parent / link for link in links), *(ROOT / path for path in copied)]:
        assert path.exists(), path


def test_the_page_says_what_twelve_learners_at_once_took(page):
    with open(sizing.CLASS, newline="", encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    peaks, seconds = [float(row["peak_gb"]) for row in rows], [int(row["seconds"]) for row in rows]
    alone = budgets()
    assert len(rows) == 12
    assert {row["notebook"] for row in rows} == set(alone)
    assert f"{max(peaks):.2f} GB at most, {sum(peaks):.1f} GB together" in page
    assert f"the last after {max(seconds) / 60:.0f} minutes" in page
    crowd = max(seconds) / sum(alone[row["notebook"]][0] for row in rows)
    assert f"{crowd:.1f} times as long as one after another" in page


def test_peaks_and_crowding_of_a_class_count(tmp_path, monkeypatch):
    monkeypatch.setattr(sizing, "CLASS", tmp_path / "class.csv")
    alone = sizing.sizing(48)  # no such file
    seconds = budgets()["00_start_here"][0]
    sizing.CLASS.write_text(f"notebook,seconds,peak_gb\n00_start_here,{10 * seconds},9.50\n", encoding="utf-8")
    crowded = sizing.sizing(48)
    assert crowded.learner_gb == pytest.approx(9.5 + sizing.reserve_gb(), abs=0.01)
    assert crowded.learner_gb > alone.learner_gb
    assert 9 * alone.cores <= crowded.cores <= 10 * alone.cores
    sizing.CLASS.write_text(f"notebook,seconds,peak_gb\n00_start_here,{seconds // 2},0.10\n", encoding="utf-8")
    assert sizing.sizing(48) == alone


# Binder


def test_binder_takes_environment_and_postbuild_of_the_root():
    for other in ("binder", ".binder", "Dockerfile", "start"):
        assert not (ROOT / other).exists(), f"{other} would change what Binder builds or runs"
    assert os.access(ROOT / "postBuild", os.X_OK)
    lines = (ROOT / "environment.yml").read_text(encoding="utf-8")
    assert "-e ." not in lines  # would give up the cached layer


@pytest.mark.skipif(os.name == "nt", reason="bash scripts")
def test_postbuild_installs_the_course_and_fetches_nothing(tmp_path):
    calls = tmp_path / "calls"
    (tmp_path / "bin").mkdir()
    for name in ("python", "pip", "curl", "wget", "git", "conda", "mamba"):
        tool = tmp_path / "bin" / name
        tool.write_text(f'#!/bin/sh\necho {name} "$@" >> {shlex.quote(str(calls))}\n', encoding="utf-8")
        tool.chmod(0o755)
    subprocess.run([ROOT / "postBuild"], cwd=tmp_path, check=True, env={"PATH": f"{tmp_path / 'bin'}:/usr/bin:/bin"})
    assert calls.read_text(encoding="utf-8").splitlines() == ["python -m pip install --no-deps --no-build-isolation ."]


def test_every_notebook_fits_binders_memory():
    assert max(peak for _, peak in budgets().values()) + sizing.SERVER_GB <= BINDER_GB
    assert f"--memory {BINDER_GB:.0f}g " in (ROOT / ".github" / "workflows" / "weekly.yml").read_text(encoding="utf-8")


# Workflows


@pytest.mark.parametrize("path", WORKFLOWS, ids=lambda path: path.name)
def test_workflows_are_bounded_and_may_only_read_but_to_publish_the_site(path):
    text = path.read_text(encoding="utf-8")
    (workflow,) = documents(path)
    assert workflow["permissions"] == {"contents": "read"}
    assert "secrets." not in text
    assert "pull_request_target" not in text
    for name, job in workflow["jobs"].items():
        assert 0 < job["timeout-minutes"] <= 90, name
        assert job.get("permissions") == PERMISSIONS.get((path.name, name)), name
        for action in (step["uses"] for step in job["steps"] if "uses" in step):
            assert re.fullmatch(r"[\w.-]+/[\w./-]+@v\d+", action), action


def test_the_job_that_may_publish_runs_nothing_of_its_own():
    jobs = documents(ROOT / ".github" / "workflows" / "pages.yml")[0]["jobs"]
    (step,) = jobs["deploy"]["steps"]
    assert step["uses"].startswith("actions/deploy-pages@")
    assert jobs["deploy"]["needs"] == "build"
    assert "make site" in [step.get("run") for step in jobs["build"]["steps"]]


def test_floor_and_newest_are_run():
    test, weekly = (documents(ROOT / ".github" / "workflows" / f"{name}.yml")[0]["jobs"] for name in ("test", "weekly"))
    floor = "\n".join(step.get("run", "") for step in test["floor"]["steps"])
    assert floor.count("--constraint constraints-colab.txt") == 2  # torch first, from its own index
    assert "course_utils test --lax" in floor
    newest = "\n".join(step.get("run", "") for step in weekly["newest"]["steps"])
    assert "--upgrade-strategy eager" in newest
    assert "course_utils test --lax" in newest


# The floor


def test_the_constraints_are_the_lower_bounds_of_pyproject():
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    lines = [*project["dependencies"], *(line for extra in project["optional-dependencies"].values() for line in extra)]
    wanted = {requirement.name: requirement.specifier for requirement in map(Requirement, lines)}
    pinned = [
        Requirement(line)
        for line in (ROOT / "constraints-colab.txt").read_text(encoding="utf-8").splitlines()
        if line and not line.startswith("#")
    ]
    compared = 0
    for requirement in pinned:
        (version,) = (Version(str(specifier).removeprefix("==")) for specifier in requirement.specifier)
        if requirement.name not in wanted:
            continue
        assert wanted[requirement.name].contains(version), requirement
        (bound,) = (Version(s.version) for s in wanted[requirement.name] if s.operator == ">=")
        assert bound.release[:2] == version.release[:2], requirement
        compared += 1
    assert compared >= 8
