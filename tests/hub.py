"""A loopback server that speaks as much of the hub's API as the ``huggingface_hub`` client needs, and its failures."""

import hashlib
import json
import os
import subprocess
import sys
import time
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from urllib.parse import unquote

COMMIT = "c" * 40
ERRORS = {  # fault -> (status, the hub's error code)
    "missing": (404, "RepoNotFound"),
    "private": (401, "RepoNotFound"),
    "gated": (403, "GatedRepo"),
    "no revision": (404, "RevisionNotFound"),
    "too many": (429, ""),
    "down": (503, ""),
}


@dataclass
class Repository:
    """Files of one repository at one commit, and what goes wrong with it.

    ``fault``: one of ``ERRORS``; "html" (a proxy's page to everything); "altered" (the right length, another content);
    "truncated" (the server says that less is all); "breaks" (the first connection for a large file closes half way); "silent"
    (no answer for a minute).
    """

    files: dict[str, bytes]
    commit: str = COMMIT
    kind: str = "model"
    fault: str | None = None
    asked: list[str] = field(default_factory=list)
    ranges: list[str] = field(default_factory=list)


def is_large(name):
    """Whether the hub keeps a file outside git: it is named by its SHA-256, and served from another address."""
    return name.endswith((".safetensors", ".parquet"))


def git_oid(content):
    return hashlib.sha1(b"blob %d\0" % len(content) + content).hexdigest()


def entry(name, content):
    """What the API says about a file."""
    found = {"type": "file", "path": name, "rfilename": name, "size": len(content), "oid": git_oid(content)}
    found["blobId"] = found["oid"]
    if is_large(name):
        digest = hashlib.sha256(content).hexdigest()
        found["lfs"] = {"oid": digest, "sha256": digest, "size": len(content), "pointerSize": 134}
    return found


@contextmanager
def serve(repositories: dict[str, Repository]):
    """Serve repositories by name; yields the endpoint."""

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def reply(self, status, body=b"", **headers):
            self.send_response(status)
            for name, value in headers.items():
                self.send_header(name.replace("_", "-"), str(value))
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            if self.command == "GET":
                self.wfile.write(body)

        def find(self):
            path = unquote(self.path.split("?")[0])
            for name, repository in repositories.items():
                prefix = "datasets/" if repository.kind == "dataset" else ""
                for start, part in (
                    (f"/api/{repository.kind}s/{name}/", "api"),
                    (f"/{prefix}{name}/resolve/", "resolve"),
                    (f"/cdn/{name}/", "cdn"),
                ):
                    if path.startswith(start):
                        return repository, name, part, path.removeprefix(start)
            return None, None, None, None

        def do_GET(self):
            repository, name, part, rest = self.find()
            if repository is None:
                return self.reply(404, X_Error_Code="RepoNotFound")
            repository.asked.append(f"{self.command} {self.path}")
            if repository.fault in ERRORS:
                status, code = ERRORS[repository.fault]
                return self.reply(status, b'{"error": "no"}', X_Error_Code=code)
            if repository.fault == "html":
                return self.reply(200, b"<!DOCTYPE html><h1>Please log in</h1>", Content_Type="text/html")
            if repository.fault == "silent":
                time.sleep(60)
                return None
            if part == "api":
                return self.describe(repository, name, rest)
            revision, _, file = rest.partition("/") if part == "resolve" else (None, None, rest)
            if revision not in (None, "main", repository.commit):
                return self.reply(404, X_Error_Code="RevisionNotFound")
            content = repository.files.get(file)
            if content is None:
                return self.reply(404, X_Error_Code="EntryNotFound")
            if part == "resolve" and is_large(file):
                digest, where = hashlib.sha256(content).hexdigest(), f"/cdn/{name}/{file}"
                linked = {"X_Linked_ETag": f'"{digest}"', "X_Linked_Size": len(content), "X_Repo_Commit": repository.commit}
                return self.reply(302, Location=where, ETag=f'"{digest}"', **linked)
            return self.send(repository, file, content)

        do_HEAD = do_GET

        def describe(self, repository, name, rest):
            what, _, revision = rest.partition("/")
            if revision.split("/")[0] not in ("main", repository.commit):
                return self.reply(404, X_Error_Code="RevisionNotFound")
            entries = [entry(file, content) for file, content in repository.files.items()]
            if what == "revision":
                entries = {"id": name, "sha": repository.commit, "siblings": entries, "tags": []}
            return self.reply(200, json.dumps(entries).encode(), Content_Type="application/json")

        def send(self, repository, file, content):
            oid = hashlib.sha256(content).hexdigest() if is_large(file) else git_oid(content)
            headers = {"ETag": f'"{oid}"', "X_Repo_Commit": repository.commit, "Accept_Ranges": "bytes"}
            if repository.fault == "altered" and is_large(file):
                content = bytes(len(content) - 1) + b"!"
            if repository.fault == "truncated" and is_large(file):
                content = content[: len(content) // 2]
            start, status = 0, 200
            if asked := self.headers.get("Range"):
                repository.ranges.append(asked)
                start, status = int(asked.removeprefix("bytes=").split("-")[0]), 206
                headers["Content_Range"] = f"bytes {start}-{len(content) - 1}/{len(content)}"
            body = content[start:]
            if repository.fault == "breaks" and is_large(file) and self.command == "GET" and start == 0:
                self.send_response(status)
                for key, value in headers.items():
                    self.send_header(key.replace("_", "-"), value)
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body[: len(body) // 2])
                self.wfile.flush()
                self.close_connection = True
                return self.connection.shutdown(1)
            return self.reply(status, body, **headers)

        def log_message(self, *args):
            pass

    class Server(ThreadingHTTPServer):
        daemon_threads = True

        def handle_error(self, request, client_address):
            pass  # a client that hangs up

    server = Server(("127.0.0.1", 0), Handler)
    Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield f"http://127.0.0.1:{server.server_address[1]}"
    finally:
        server.shutdown()
        server.server_close()


def in_a_fresh_process(code, home, **environment):
    """Run ``code`` where huggingface_hub reads its settings anew: a cache of its own, no offline mode."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("HF_", "TRANSFORMERS_", "TQDM_"))}
    settings = {**kept, "HF_HOME": str(home), "HF_HUB_DISABLE_XET": "1", "HF_HUB_DISABLE_TELEMETRY": "1", **environment}
    command = code if isinstance(code, list) else [sys.executable, "-c", code]
    return subprocess.run(command, env=settings, capture_output=True, text=True, timeout=120, check=False)
