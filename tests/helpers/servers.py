"""The app as a user starts it, and the servers that stand around it."""

import http.client
import os
import signal
import socket
import subprocess
import sys
import threading
import time
import urllib.parse
from collections.abc import Iterator
from contextlib import closing, contextmanager, suppress
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import psutil

from aigc_core.common.paths import PROJECT


@contextmanager
def app_of(place: Path, by: str = "python", **variables: str) -> Iterator[str]:
    """`python app.py`, or by gradio, which takes 3 s more, with the runs of `place`/runs and these variables; yields
    its address."""
    port = free_port()
    variables = {"GRADIO_TEMP_DIR": str(place / "gradio"), "GRADIO_SERVER_PORT": str(port)} | variables
    with _started([str(Path(sys.executable).parent / by), "app.py"], place, port, variables) as address:
        yield address


@contextmanager
def serving(place: Path, by: str = "python", **variables: str) -> Iterator[str]:
    """Likewise, and in the end its trainings, which would outlive it, are told to stop."""
    with app_of(place, by, **variables) as address:
        try:
            yield address
        finally:
            for control in (place / "runs").glob("*/control.jsonl"):
                with control.open("a") as file:
                    file.write('{"t": 0, "request": "stop", "changes": {}}\n')


def listening(address: str) -> int:
    """The process that answers at this address."""
    port = int(address.rstrip("/").rpartition(":")[2])
    found = [one for one in psutil.net_connections("tcp") if one.status == psutil.CONN_LISTEN]
    return next(int(one.pid) for one in found if one.laddr.port == port and one.pid)


@contextmanager
def wall(place: Path) -> Iterator[str]:
    """`streamlit run board.py` over the runs of `place`/runs; yields its address."""
    port = free_port()
    command = [sys.executable, "-m", "streamlit", "run", "board.py", "--server.port", str(port)]
    with _started(command, place, port, {}) as address:
        yield address


BETWEEN_TWO = ("connection", "accept-encoding")  # headers that a proxy does not pass on


@contextmanager
def site(pages: dict[str, str]) -> Iterator[int]:
    """A site of somebody else's with these pages, by path; yields its port."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            content = pages.get(self.path.split("?")[0], "").encode()
            self.send_response(200)
            self.send_header("Content-Type", "text/html; charset=utf-8")
            self.send_header("Content-Length", str(len(content)))
            self.end_headers()
            self.wfile.write(content)

        def log_message(self, *given: object) -> None:
            """Nothing."""

    with _serving_here(Handler) as port:
        yield port


@contextmanager
def proxied(address: str, path: str) -> Iterator[str]:
    """A small reverse proxy that shows the app below a path; yields its address there, without a closing slash."""
    upstream = urllib.parse.urlsplit(address)

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            if self.path.split("?")[0] != path and not self.path.startswith(f"{path}/"):
                self.send_error(404, "nothing is here but what is below the path")
                return
            inner = http.client.HTTPConnection(upstream.netloc, timeout=60)
            with suppress(OSError, http.client.HTTPException), closing(inner):  # the browser or the app has gone
                self._pass_on(inner)

        def _pass_on(self, inner: http.client.HTTPConnection) -> None:
            length = int(self.headers.get("Content-Length") or 0)
            there = self.path.removeprefix(path)
            said = [(key, value) for key, value in self.headers.items() if key.lower() not in BETWEEN_TWO]
            there = there if there.startswith("/") else f"/{there}"
            inner.request(self.command, there, self.rfile.read(length) or None, dict(said))
            with inner.getresponse() as answer:
                self.send_response(answer.status)
                for key, value in answer.getheaders():
                    if key.lower() not in ("connection", "transfer-encoding", "content-length", "date", "server"):
                        self.send_header(key, value)
                self.send_header("Connection", "close")
                self.end_headers()
                while part := answer.read1(65_536):
                    self.wfile.write(part)
                    self.wfile.flush()

        do_POST = do_HEAD = do_GET

        def log_message(self, *given: object) -> None:
            """Nothing."""

    with _serving_here(Handler) as port:
        yield f"http://127.0.0.1:{port}{path}"


@contextmanager
def _serving_here(handler: type[BaseHTTPRequestHandler]) -> Iterator[int]:
    server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield server.server_port
    finally:
        server.shutdown()
        server.server_close()


def free_port() -> int:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return int(free.getsockname()[1])


@contextmanager
def _started(command: list[str], place: Path, port: int, variables: dict[str, str]) -> Iterator[str]:
    """A server of its own process group, its output in `place`, from the moment that its port is open."""
    env = os.environ | {"AIGC_RUNS": str(place / "runs")} | variables
    file = place / f"log-{port}.txt"
    with file.open("wb") as log:
        process = subprocess.Popen(command, cwd=PROJECT, env=env, stdout=log, stderr=log, start_new_session=True)
        try:
            end = time.monotonic() + 90
            while time.monotonic() < end:
                with socket.socket() as door:
                    if door.connect_ex(("127.0.0.1", port)) == 0:
                        break
                time.sleep(0.2)
            else:
                raise AssertionError(file.read_text())
            yield f"http://127.0.0.1:{port}/"
        finally:
            os.killpg(process.pid, signal.SIGTERM)
            process.wait(20)
