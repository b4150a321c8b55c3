"""A server that speaks what the Hub's real client needs of its routes."""

import base64
import json
import os
from hashlib import sha1
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

TOKEN = "hf_secret"
COMMIT = "0123456789abcdef0123456789abcdef01234567"


class Hub(ThreadingHTTPServer):
    """What of the Hub's HTTP interface the client needs, over folders on this machine."""

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Answer)
        self.models: dict[str, Path] = {}
        self.gated: set[str] = set()
        self.sent: dict[str, int] = {}  # bytes of each file that was sent
        self.url = f"http://127.0.0.1:{self.server_port}"


class Answer(BaseHTTPRequestHandler):
    server: Hub

    def do_HEAD(self) -> None:
        self.do_GET()

    def do_GET(self) -> None:
        path = self.path.partition("?")[0].removeprefix("/api/models/").strip("/")
        name = "/".join(path.split("/")[:2])
        rest = path.split("/")[2:]
        if name in self.server.gated:
            self._refuse(401, "GatedRepo", "Access to this model is restricted.")
        elif name not in self.server.models:
            self._refuse(404, "RepoNotFound", "Repository not found")
        elif rest[0] == "revision":
            self._json({"id": name, "sha": COMMIT, "siblings": [], "private": False, "tags": [], "downloads": 0})
        elif rest[0] == "tree":
            root = self.server.models[name]
            files = [one for one in root.rglob("*") if one.is_file()]
            listed = [(one.relative_to(root).as_posix(), one.stat().st_size, etag(one)) for one in files]
            self._json([{"type": "file", "path": path, "size": size, "oid": oid} for path, size, oid in listed])
        else:
            self._file(self.server.models[name].joinpath(*rest[2:]))

    def _file(self, file: Path) -> None:
        if not file.is_file():
            self._refuse(404, "EntryNotFound", "Entry not found")
            return
        content = file.read_bytes()
        self.send_response(200)
        self.send_header("Content-Length", str(len(content)))
        self.send_header("ETag", f'"{etag(file)}"')
        self.send_header("X-Repo-Commit", COMMIT)
        self.end_headers()
        if self.command == "GET":
            self.wfile.write(content)
            self.server.sent[file.name] = self.server.sent.get(file.name, 0) + len(content)

    def _json(self, value: object) -> None:
        content = json.dumps(value).encode()
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)

    def _refuse(self, status: int, code: str, words: str) -> None:
        self.send_response(status)
        self.send_header("X-Error-Code", code)
        self.send_header("X-Error-Message", words)
        self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, format: str, *values: object) -> None:
        """Nothing."""


def etag(file: Path) -> str:
    return sha1(file.read_bytes()).hexdigest()


def asking(url: str, home: Path, **more: str) -> dict[str, str]:
    """The environment of a client that knows only this Hub."""
    proxies = {name: "" for name in os.environ if name.lower().endswith("_proxy")}
    return {
        **proxies, "HF_ENDPOINT": url, "HF_HOME": str(home), "HF_HUB_OFFLINE": "0", "HF_HUB_DISABLE_XET": "1",
        "HF_HUB_DISABLE_TELEMETRY": "1", "HF_TOKEN": "", "NO_PROXY": "127.0.0.1", **more,
    }  # fmt: skip


class Writing(Answer):
    """Also takes models in, from whoever has the token."""

    server: "WritableHub"

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        if self.headers.get("Authorization") != f"Bearer {TOKEN}":
            self._refuse(401, "", "Invalid token")
            return
        path = self.path.partition("?")[0]
        if path == "/api/repos/create":
            given = json.loads(body)
            name = f"{given.get('organization', 'me')}/{given['name']}"
            self.server.models.setdefault(name, self.server.place / name).mkdir(parents=True, exist_ok=True)
            self.server.private[name] = "private" in (
                given.get("visibility"),
                "private" if given.get("private") else "",
            )
            self._json({"url": f"{self.server.url}/{name}", "name": name, "id": "1"})
        elif "/preupload/" in path:
            files = [
                {"path": one["path"], "uploadMode": self._mode(one["path"]), "shouldIgnore": False, "oid": None}
                for one in json.loads(body)["files"]
            ]
            self._json({"files": files})
        elif path.endswith("/info/lfs/objects/batch"):
            answer = [
                {"oid": one["oid"], "size": one["size"],
                 "actions": {"upload": {"href": f"{self.server.url}/lfs/{one['oid']}"}}}
                for one in json.loads(body)["objects"]
            ]  # fmt: skip
            self._json({"transfer": "basic", "objects": answer})
        elif "/commit/" in path:
            self._commit("/".join(path.split("/")[3:5]), body)
        else:
            self._json({"errors": [], "warnings": []})

    def do_PUT(self) -> None:
        self.server.large[self.path.split("/")[-1]] = self.rfile.read(int(self.headers["Content-Length"]))
        self._json({})

    @staticmethod
    def _mode(path: str) -> str:
        return "lfs" if path.endswith(".safetensors") else "regular"

    def _commit(self, name: str, body: bytes) -> None:
        root = self.server.models[name]
        for line in body.splitlines():
            entry = json.loads(line)
            value = entry["value"]
            if entry["key"] in ("file", "lfsFile"):
                file = root / value["path"]
                file.parent.mkdir(parents=True, exist_ok=True)
                small = entry["key"] == "file"
                file.write_bytes(base64.b64decode(value["content"]) if small else self.server.large[value["oid"]])
        self._json({"success": True, "commitOid": COMMIT, "commitUrl": f"{self.server.url}/{name}/commit/{COMMIT}"})


class WritableHub(Hub):
    def __init__(self, place: Path) -> None:
        super().__init__()
        self.RequestHandlerClass = Writing
        self.place, self.private, self.large = place, {}, {}  # type: Path, dict[str, bool], dict[str, bytes]
