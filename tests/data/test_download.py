"""Downloads: checked, whole, and once."""

import hashlib
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path

import pytest

from aigc_core.common.errors import DataError
from aigc_core.data import download
from aigc_core.data.sources import silent


@pytest.fixture
def server() -> Iterator[tuple[str, bytes]]:
    """A web server on this machine that has one file."""
    content = b"public text " * 20_000

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            known = self.path == "/text.txt"
            self.send_response(200 if known else 404)
            self.send_header("Content-Length", str(len(content) if known else 0))
            self.end_headers()
            if known:
                self.wfile.write(content)

        def log_message(self, *words: object) -> None: ...

    with HTTPServer(("127.0.0.1", 0), Handler) as listening:
        threading.Thread(target=listening.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{listening.server_port}", content
        listening.shutdown()


def test_a_download_shows_progress_checks_its_hash_and_happens_once(server: tuple[str, bytes], tmp_path: Path) -> None:
    address, content = server
    digest = hashlib.sha256(content).hexdigest()
    parts: list[float] = []
    to = tmp_path / "cache" / "text.txt"
    got = download.fetch(f"{address}/text.txt", to, digest, lambda part, what: parts.append(part), "there")
    assert got.read_bytes() == content and parts[-1] == 1.0 and len(parts) > 2
    parts.clear()
    download.fetch(f"{address}/text.txt", to, digest, lambda part, what: parts.append(part), "there")
    assert parts == []


@pytest.mark.parametrize(
    ("file", "digest", "words"),
    [
        ("text.txt", "0" * 64, "hash"),
        ("missing.txt", None, "No internet: use --data digits"),
    ],
)
def test_a_failed_download_leaves_nothing_and_says_what_helps(
    server: tuple[str, bytes], tmp_path: Path, file: str, digest: str | None, words: str
) -> None:
    with pytest.raises(DataError, match=words) as caught:
        download.fetch(f"{server[0]}/{file}", tmp_path / file, digest, silent, "~/data")
    assert "~/data" in str(caught.value) and not list(tmp_path.glob("*.txt")) + list(tmp_path.glob(".*"))


def test_half_a_download_is_not_kept(tmp_path: Path) -> None:
    class Half(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(200)
            self.send_header("Content-Length", "100000")
            self.end_headers()
            self.wfile.write(b"only this")

        def log_message(self, *words: object) -> None: ...

    with HTTPServer(("127.0.0.1", 0), Half) as listening:
        threading.Thread(target=listening.serve_forever, daemon=True).start()
        with pytest.raises(DataError, match="could not be fetched"):
            download.fetch(f"http://127.0.0.1:{listening.server_port}/x", tmp_path / "x", None, silent, "there")
        listening.shutdown()
    assert not list(tmp_path.iterdir())
