"""A loopback server that speaks as much of the hub's API as ``snapshot_download`` of a data set needs."""

import hashlib
import json
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread


@contextmanager
def serve(repository: str, revision: str, files: dict[str, bytes], broken: bool = False):
    """Serve ``files`` of one data set at one revision; yields (endpoint, list of requests). ``broken``: 503 to everything."""
    asked = []

    class Handler(BaseHTTPRequestHandler):
        def reply(self, status, body=b"", **headers):
            self.send_response(status)
            for name, value in headers.items():
                self.send_header(name.replace("_", "-"), value)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            if self.command == "GET":
                self.wfile.write(body)

        def do_GET(self):
            asked.append(f"{self.command} {self.path}")
            if broken:
                return self.reply(503)
            if self.path.startswith(f"/api/datasets/{repository}/revision/{revision}"):
                info = {"id": repository, "sha": revision, "siblings": [{"rfilename": name} for name in files], "tags": []}
                return self.reply(200, json.dumps(info).encode(), Content_Type="application/json")
            if self.path.startswith(f"/api/datasets/{repository}/tree/{revision}"):
                tree = [{"type": "file", "path": name, "size": len(content), "oid": "0"} for name, content in files.items()]
                return self.reply(200, json.dumps(tree).encode(), Content_Type="application/json")
            start = f"/datasets/{repository}/resolve/{revision}/"
            content = files.get(self.path.removeprefix(start).split("?")[0]) if self.path.startswith(start) else None
            if content is None:
                return self.reply(404)
            etag = hashlib.sha256(content).hexdigest()
            return self.reply(200, content, ETag=f'"{etag}"', X_Repo_Commit=revision)

        do_HEAD = do_GET

        def log_message(self, *args):
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield f"http://127.0.0.1:{server.server_address[1]}", asked
    finally:
        server.shutdown()
        server.server_close()
