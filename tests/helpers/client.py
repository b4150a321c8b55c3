"""A client that asks the app's server functions as its pages do, without a browser."""

import json
import secrets
import urllib.error
import urllib.request
from typing import Any


class Client:
    """One visitor. Every function of every page is known by its name, first page first."""

    def __init__(self, address: str, cookie: str = "") -> None:
        self.address, self.cookie = address, cookie
        self.session = secrets.token_hex(8)
        config = json.loads(self.get("config")[1])
        self.every = [
            (component["id"], name)
            for component in config["components"]
            for name in component["props"].get("server_fns") or ()
        ]
        self.functions = {name: number for number, name in reversed(self.every)}

    def ask(self, name: str, **values: object) -> Any:
        """What the function answers; fails on anything but an answer."""
        status, answer = self.call(name, values)
        assert status == 200 and answer["ok"], (name, status, answer)
        return answer["value"]

    def call(self, name: str, data: object) -> tuple[int, Any]:
        """Status and body of one call with any data."""
        return self.call_number(self.functions[name], name, data)

    def call_number(self, number: int, name: str, data: object) -> tuple[int, Any]:
        """Likewise of the widget with this number."""
        body = {"session_hash": self.session, "component_id": number, "fn_name": name, "data": data}
        status, text = self.post("gradio_api/component_server", json.dumps(body).encode())
        return status, json.loads(text) if text else None

    def page(self, path: str = "") -> str:
        status, text = self.get(path)
        assert status == 200, status
        return text.decode()

    def get(self, path: str) -> tuple[int, bytes]:
        return self._answer(urllib.request.Request(self.address + path, headers=self._headers()))

    def post(self, path: str, body: bytes) -> tuple[int, bytes]:
        headers = self._headers() | {"Content-Type": "application/json"}
        return self._answer(urllib.request.Request(self.address + path, body, headers))

    def _headers(self) -> dict[str, str]:
        return {"Cookie": self.cookie} if self.cookie else {}

    def _answer(self, request: urllib.request.Request) -> tuple[int, bytes]:
        try:
            with urllib.request.urlopen(request, timeout=120) as answer:
                return answer.status, answer.read()
        except urllib.error.HTTPError as problem:
            with problem:
                return problem.code, problem.read()


def joined(address: str, who: str) -> str:
    body = json.dumps({"name": who}).encode()
    with urllib.request.urlopen(urllib.request.Request(address + "join", body), timeout=30) as answer:
        assert json.loads(answer.read())["ok"]
        return str(answer.headers["set-cookie"]).split(";")[0]
