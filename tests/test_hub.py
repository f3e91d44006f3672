"""Models by name, through the real client and a server with the hub's API: fetched, verified, cached, and every failure."""

import dataclasses
import hashlib
import json
import os
import subprocess
import sys

import hub
import pytest
import tiny

import course_utils as cu
from course_utils import hub as course_hub
from course_utils import hub_cache
from course_utils.data import PUBLIC

NAME = "ada/small-bert"
FETCH = f"from course_utils import hub; print(hub.fetch_model({NAME!r}))"
LOAD = (
    "import numpy as np, course_utils as cu; encoder = cu.load_encoder({name!r}, device='cpu');"
    "print(encoder.name, encoder.pooling, np.abs(cu.embed(['tea or coffee'], encoder, 'mean')).sum().round(3))"
)


@pytest.fixture(scope="module")
def files(tmp_path_factory):
    """A repository as it is on the hub: more in it than is needed."""
    found = tiny.files(tiny.save(tmp_path_factory.mktemp("small"), "bert", heads=True, hidden_size=64, vocab_size=4000))
    return {**found, "README.md": b"# A card", "pytorch_model.bin": b"\x80", "onnx/model.onnx": b"x", "tf_model.h5": b"x"}


def last_line(run):
    return run.stderr.strip().splitlines()[-1] if run.stderr.strip() else ""


def test_fetched_once_and_then_loaded_without_a_request(tmp_path, files):
    repository = hub.Repository(files)
    with hub.serve({NAME: repository}) as endpoint:
        first = hub.in_a_fresh_process(LOAD.format(name=NAME), tmp_path, HF_ENDPOINT=endpoint)
        assert first.stdout.startswith(f"{NAME} None"), first.stderr
        fetched = {request.rsplit("/", 1)[1] for request in repository.asked if "resolve" in request and "GET" in request}
        assert fetched & {"README.md", "pytorch_model.bin", "model.onnx", "tf_model.h5"} == set()
        assert "small-bert" in first.stderr or "%" in first.stderr  # the client's progress bar
        repository.asked.clear()
        again = hub.in_a_fresh_process(LOAD.format(name=NAME), tmp_path, HF_ENDPOINT=endpoint)
        assert (again.stdout, repository.asked) == (first.stdout, [])
    gone = hub.in_a_fresh_process(LOAD.format(name=NAME), tmp_path, HF_ENDPOINT="http://127.0.0.1:9")
    assert gone.stdout == first.stdout
    offline = hub.in_a_fresh_process(LOAD.format(name=NAME), tmp_path, HF_HUB_OFFLINE="1")
    assert offline.stdout == first.stdout


@pytest.mark.parametrize("alias", list(course_hub.MODELS))
def test_known_names_are_fetched_at_their_pinned_commit(tmp_path, alias):
    known = course_hub.MODELS[alias]
    commit = hub.COMMIT if known.revision == "main" else known.revision
    is_sentence_encoder = known.repository.startswith("sentence-transformers/")
    folder = tmp_path / "model"
    folder = tiny.save_sentence_encoder(folder, "mean", old=True) if is_sentence_encoder else tiny.save(folder, heads=True)
    repository = hub.Repository(tiny.files(folder), commit)
    with hub.serve({known.repository: repository}) as endpoint:
        run = hub.in_a_fresh_process(LOAD.format(name=alias), tmp_path / "home", HF_ENDPOINT=endpoint)
    assert run.stdout.startswith(f"{alias} {'mean' if is_sentence_encoder else None}"), run.stderr
    (snapshot,) = (tmp_path / "home" / "hub").glob("models--*/snapshots/*")
    assert snapshot.name == commit


FAULTS = {
    "missing": "has no model 'ada/small-bert', or it is private. Check the spelling",
    "private": "has no model 'ada/small-bert', or it is private. Check the spelling",
    "gated": "is gated: accept its terms on",
    "no revision": "has no revision 'main'",
    "too many": "429, too many requests; a class behind one address shares one limit",
    "down": "answers 503. With a network: python -m course_utils prefetch ada/small-bert; a mirror is named by HF_ENDPOINT",
    "html": "answered with a web page instead of data: a proxy or the login page",
    "altered": "model.safetensors of ada/small-bert arrived altered",
    "truncated": "of ada/small-bert arrived truncated, and was not kept",
    "silent": "could not be reached (",
}


@pytest.mark.parametrize("fault", FAULTS)
def test_each_failure_has_its_own_message_and_leaves_nothing_half_written(tmp_path, files, fault):
    repository = hub.Repository(files, fault=fault)
    with hub.serve({NAME: repository}) as endpoint:
        run = hub.in_a_fresh_process(FETCH, tmp_path, HF_ENDPOINT=endpoint)
        assert run.returncode == 1
        assert "course_utils.hub.FetchError: " in last_line(run), run.stderr
        assert FAULTS[fault] in last_line(run)
        assert not list(tmp_path.rglob("model.safetensors"))
        repository.fault = None
        mended = hub.in_a_fresh_process(FETCH, tmp_path, HF_ENDPOINT=endpoint)
    assert mended.returncode == 0, mended.stderr


def test_no_network_names_size_command_mirror_and_alternative(tmp_path):
    for settings in ({"HF_ENDPOINT": "http://127.0.0.1:9"}, {"HF_HUB_OFFLINE": "1"}):
        run = hub.in_a_fresh_process("from course_utils import hub; hub.fetch_model('bert-base-uncased')", tmp_path, **settings)
        said = last_line(run)
        for part in (
            "bert-base-uncased (google-bert/bert-base-uncased, 441 MB)",
            "python -m course_utils prefetch",
            "HF_ENDPOINT",
        ):
            assert part in said
        assert 'load_encoder("mini-bert"), which ships with the course' in said
        assert ("could not be reached" in said) == ("HF_ENDPOINT" in settings)


def test_a_broken_connection_is_resumed_where_it_broke(tmp_path, files):
    """The client writes in blocks of 10 MB: what broke is resumed from the last whole one."""
    repository = hub.Repository({**files, "model.safetensors": os.urandom(25_000_000)}, fault="breaks")
    with hub.serve({NAME: repository}) as endpoint:
        run = hub.in_a_fresh_process(FETCH, tmp_path, HF_ENDPOINT=endpoint)
    assert run.returncode == 0, run.stderr
    (asked,) = repository.ranges
    assert int(asked.removeprefix("bytes=").split("-")[0]) > 0


@pytest.fixture
def snapshot(tmp_path, files):
    """The snapshot of a model that was fetched; its home is ``tmp_path``."""
    with hub.serve({NAME: hub.Repository(files)}) as endpoint:
        run = hub.in_a_fresh_process(FETCH, tmp_path, HF_ENDPOINT=endpoint)
    (folder,) = (tmp_path / "hub").glob("models--*/snapshots/*")
    assert run.returncode == 0, run.stderr
    return folder


def test_what_was_cut_or_lost_later_is_not_used(tmp_path, snapshot):
    for name in ("tokenizer_config.json", "model.safetensors"):
        whole = (snapshot / name).resolve()
        content = whole.read_bytes()
        whole.write_bytes(content[:-10])
        run = hub.in_a_fresh_process(FETCH, tmp_path, HF_HUB_OFFLINE="1")
        assert "is not in" in last_line(run), name
        whole.write_bytes(content)
    assert hub.in_a_fresh_process(FETCH, tmp_path, HF_HUB_OFFLINE="1").returncode == 0


def test_a_cache_that_another_tool_has_filled_is_used_if_it_is_whole(tmp_path, files):
    code = f"from huggingface_hub import snapshot_download; snapshot_download({NAME!r}, ignore_patterns=['*.bin'])"
    with hub.serve({NAME: hub.Repository(files)}) as endpoint:
        hub.in_a_fresh_process(code, tmp_path, HF_ENDPOINT=endpoint)
    (folder,) = (tmp_path / "hub").glob("models--*/snapshots/*")
    wanted = course_hub.wanted_model(NAME)
    blob = (folder / "config.json").resolve()
    content = blob.read_bytes()
    cache = tmp_path / "hub"
    blob.write_bytes(content.replace(b"bert", b"bart", 1))
    assert hub_cache.unrecorded(wanted, cache) is None  # the blob's name is its checksum
    blob.write_bytes(content)
    kept = os.readlink(folder / "tokenizer_config.json")
    (folder / "tokenizer_config.json").unlink()
    assert hub_cache.unrecorded(wanted, cache) is None
    (folder / "tokenizer_config.json").symlink_to(kept)
    assert hub_cache.unrecorded(wanted, cache) == folder
    assert hub_cache.read_record(folder) == {}  # what else the repository holds is not known
    for settings in ({"HF_HUB_OFFLINE": "1"}, {"HF_ENDPOINT": "http://127.0.0.1:9"}):
        assert hub.in_a_fresh_process(FETCH, tmp_path, **settings).stdout.strip() == str(folder)
    needs = dataclasses.replace(wanted, needs=("config.json", "modules.json"))
    assert hub_cache.unrecorded(needs, cache) is None  # what transformers fetches of a sentence encoder
    known = dataclasses.replace(wanted, needs=("config.json",))
    assert hub_cache.unrecorded(known, cache) == folder
    assert set(hub_cache.read_record(folder)) >= {"config.json", "model.safetensors", "tokenizer.json"}
    assert hub_cache.damaged(folder) == []
    assert hub_cache.cached(known, cache) == folder


def test_files_that_were_cut_in_the_cache_are_fetched_anew(tmp_path, files, snapshot):
    for name in ("config.json", "model.safetensors"):
        (snapshot / name).resolve().write_bytes(files[name][:-9])
        with hub.serve({NAME: hub.Repository(files)}) as endpoint:
            run = hub.in_a_fresh_process(FETCH, tmp_path, HF_ENDPOINT=endpoint)
        assert run.returncode == 0, run.stderr
        assert (snapshot / name).read_bytes() == files[name]


def test_a_folder_that_was_copied_without_links_is_mended_too(tmp_path, files, snapshot):
    import shutil

    copy = tmp_path / "copy"
    shutil.copytree(tmp_path / "hub", copy)
    (weights,) = copy.glob("models--*/snapshots/*/model.safetensors")
    damage = files["model.safetensors"][:-1] + b"!"
    for path in (weights, *copy.glob("models--*/blobs/" + hashlib.sha256(files["model.safetensors"]).hexdigest())):
        assert not path.is_symlink()
        path.write_bytes(damage)
    assert hub.in_a_fresh_process(prefetch("--verify", NAME, "--to", copy), tmp_path, HF_HUB_OFFLINE="1").returncode == 1
    with hub.serve({NAME: hub.Repository(files)}) as endpoint:
        run = hub.in_a_fresh_process(prefetch(NAME, "--to", copy), tmp_path, HF_ENDPOINT=endpoint)
    assert run.returncode == 0, run.stderr
    assert weights.read_bytes() == files["model.safetensors"]


def test_a_full_disk_is_said_before_anything_is_fetched(monkeypatch, tmp_path, files):
    import collections

    usage = collections.namedtuple("usage", "total used free")(10**9, 10**9 - 1000, 1000)
    repository = hub.Repository(files)
    code = (
        "import collections, shutil; from course_utils import hub;"
        f"shutil.disk_usage = lambda path: collections.namedtuple('u', 'total used free')(*{tuple(usage)});"
        f"hub.fetch_model({NAME!r})"
    )
    with hub.serve({NAME: repository}) as endpoint:
        run = hub.in_a_fresh_process(code, tmp_path, HF_ENDPOINT=endpoint)
    assert "The disk is full: ada/small-bert does not fit into" in last_line(run)
    assert "1 MB are needed, 0 MB are free" in last_line(run)
    assert not any("safetensors" in request for request in repository.asked)


def test_a_disk_that_fills_up_and_a_folder_that_cannot_be_written(tmp_path):
    wanted = course_hub.wanted_model("bert-base-uncased")
    for number, said in ((28, "The disk is full: bert-base-uncased"), (30, "cannot be written"), (13, "cannot be written")):
        wrapped = RuntimeError("while writing")
        wrapped.__cause__ = OSError(number, os.strerror(number))
        assert said in course_hub.explain(wrapped, wanted, tmp_path)
    assert "failed (KeyError: 'x')" in course_hub.explain(KeyError("x"), wanted, tmp_path)


def test_repositories_that_hold_no_encoder_are_refused_before_the_weights(tmp_path, files):
    pickled = {name: content for name, content in files.items() if not name.endswith(".safetensors")}
    gpt = {**files, "config.json": json.dumps({"model_type": "gpt2"}).encode()}
    neither = {"README.md": b"nothing here"}
    for held, said in (
        (pickled, "holds no model.safetensors (only pytorch_model.bin). Other formats are not loaded: they can run code"),
        (gpt, "is of type gpt2, which is no encoder"),
        (neither, "holds no config.json at main"),
    ):
        repository = hub.Repository(held)
        with hub.serve({NAME: repository}) as endpoint:
            run = hub.in_a_fresh_process(FETCH, tmp_path / said[:9], HF_ENDPOINT=endpoint)
        assert f"ValueError: {NAME} " in last_line(run)
        assert said in last_line(run)
        assert not any("model.safetensors" in request for request in repository.asked)


def test_another_revision_of_a_model(tmp_path, files):
    with hub.serve({NAME: hub.Repository(files)}) as endpoint:
        for revision, works in ((hub.COMMIT, True), ("v9", False)):
            code = f"from course_utils import hub; print(hub.fetch_model({NAME!r}, {revision!r}))"
            run = hub.in_a_fresh_process(code, tmp_path, HF_ENDPOINT=endpoint)
            assert (run.returncode == 0) == works
    assert "has no revision 'v9'" in last_line(run)


def test_names_that_cannot_be_on_the_hub():
    for name in ("a/b/c", "../x", "mini bert", "C:\\models", "bert-base-uncasd"):
        with pytest.raises(ValueError, match="No model"):
            cu.load_encoder(name)
    with pytest.raises(ValueError, match="Did you mean bert-base-uncased"):
        cu.load_encoder("bert-base-uncasd")
    for name in ("bert-base-cased", "distilbert-base-uncased"):  # other models, no slips of the pen
        with pytest.raises(cu.FetchError, match=f"{name} is not in"):
            cu.load_encoder(name)
    with pytest.raises(ValueError, match="leave revision out"):
        cu.load_encoder("mini-bert", revision="main")


# For a class without a network


@pytest.fixture
def whole_hub(tmp_path, files):
    """All that the course can fetch, as small stand-ins."""
    repositories = {}
    for known in course_hub.MODELS.values():
        folder = tiny.save_sentence_encoder(tmp_path / known.repository, "mean")
        repositories[known.repository] = hub.Repository(tiny.files(folder), known.revision.replace("main", hub.COMMIT))
    for public in PUBLIC.values():
        held = {f"{public.folder}/{theirs}-00000-of-00001.parquet": b"PAR1" + theirs.encode() for _, theirs in public.splits}
        repositories[public.repository] = hub.Repository(held, public.revision, "dataset")
    return repositories


def prefetch(*arguments):
    return [sys.executable, "-m", "course_utils", "prefetch", *map(str, arguments)]


def test_prefetch_to_a_folder_then_verify_then_load_from_it(tmp_path, whole_hub):
    target, home = tmp_path / "class", tmp_path / "home"
    with hub.serve(whole_hub) as endpoint:
        run = hub.in_a_fresh_process(prefetch("--to", target), home, HF_ENDPOINT=endpoint)
    assert run.returncode == 0, run.stderr
    assert f"HF_HUB_CACHE={target}" in run.stdout
    assert all(name in run.stdout for name in [*course_hub.MODELS, *PUBLIC])
    assert not (home / "hub").exists()
    verified = hub.in_a_fresh_process(prefetch("--verify", "--to", target), home, HF_HUB_OFFLINE="1")
    assert (verified.returncode, verified.stdout.count("whole")) == (0, 6), verified.stdout
    load = hub.in_a_fresh_process(LOAD.format(name="all-MiniLM-L6-v2"), home, HF_HUB_CACHE=str(target), HF_HUB_OFFLINE="1")
    assert load.stdout.startswith("all-MiniLM-L6-v2 mean"), load.stderr

    (weights,) = target.glob("models--google-bert*/snapshots/*/model.safetensors")
    content = bytearray(weights.read_bytes())
    content[-1] ^= 1
    weights.resolve().write_bytes(bytes(content))
    verified = hub.in_a_fresh_process(prefetch("--verify", "--to", target), home, HF_HUB_OFFLINE="1")
    assert verified.returncode == 1
    assert "bert-base-uncased: DAMAGED (model.safetensors)" in verified.stdout
    with hub.serve(whole_hub) as endpoint:
        again = hub.in_a_fresh_process(prefetch("--to", target), home, HF_ENDPOINT=endpoint)
    assert again.returncode == 0, again.stderr
    assert hub.in_a_fresh_process(prefetch("--verify", "--to", target), home).returncode == 0


def test_prefetch_goes_on_after_a_failure_and_says_what_is_missing(tmp_path, whole_hub):
    whole_hub[course_hub.MODELS["bert-base-uncased"].repository].fault = "down"
    with hub.serve(whole_hub) as endpoint:
        run = hub.in_a_fresh_process(
            prefetch("bert-base-uncased", "all-MiniLM-L6-v2", "sts"), tmp_path / "h", HF_ENDPOINT=endpoint
        )
    assert run.returncode == 1
    assert "answers 503" in run.stderr
    assert "2 of 3 are there" in run.stdout
    verified = hub.in_a_fresh_process(prefetch("--verify", "sts", "bert-base-uncased"), tmp_path / "h")
    assert verified.returncode == 1
    assert "bert-base-uncased: not there" in verified.stdout
    unknown = hub.in_a_fresh_process(prefetch("passages"), tmp_path / "h")
    assert unknown.returncode == 2
    assert "all-MiniLM-L6-v2" in unknown.stderr


def test_a_cache_that_cannot_be_written_is_read(tmp_path, snapshot):
    if os.name == "nt" or not os.access("/usr/bin/unshare", os.X_OK) or os.geteuid() != 0:
        pytest.skip("needs a mount that is read-only for root too")
    code = f"mount --bind -o ro {tmp_path / 'hub'} {tmp_path / 'hub'} && mount -o remount,ro,bind {tmp_path / 'hub'} && "
    program = LOAD.format(name=NAME) + "\nopen('x', 'w')"
    command = ["unshare", "-m", "sh", "-c", f'{code} cd {tmp_path / "hub"} && exec "$0" -c "$1"', sys.executable, program]
    environment = {**os.environ, "HF_HUB_CACHE": str(tmp_path / "hub"), "HF_HUB_OFFLINE": "1"}
    run = subprocess.run(command, env=environment, capture_output=True, text=True, timeout=120, check=False)
    if "permission denied" in run.stderr.lower() and not run.stdout:
        pytest.skip("mounts are not allowed here")
    assert run.stdout.startswith(NAME), run.stderr
    assert "Read-only file system" in run.stderr
