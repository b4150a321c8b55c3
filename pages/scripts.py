"""Serves the pages' JavaScript, and puts it into them.

All modules lie under one address that changes with any of them, so that browsers keep them for ever, and what one
imports from another fits. They are public: the door of a class needs some of them. Nothing but them is served there.
"""

import gzip
import hashlib
import json
import posixpath
from collections.abc import Iterable, Sequence
from functools import cache
from typing import Any

from starlette.datastructures import Headers
from starlette.responses import PlainTextResponse, Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from pages import modules
from pages.guard import root_path
from pages.i18n import module as words

START = "common/start.js"
KEPT = {"cache-control": "public, max-age=31536000, immutable", "vary": "accept-encoding"}


@cache
def table() -> dict[str, str]:
    """Every module by its name; the words are one of them."""
    return modules.read() | {"common/words.js": words()}


@cache
def folder() -> str:
    """Where they are, below the place of the page."""
    digest = hashlib.sha256(json.dumps(table(), sort_keys=True).encode()).hexdigest()
    return f"aigc-{digest[:16]}"


def loader(name: str, *given: object) -> str:
    """The script of a Gradio widget: mounts the page of this name, whenever its module arrives."""
    address = json.dumps(f"./{folder()}/{name}/page.js")
    values = "".join(f", {json.dumps(one)}" for one in given)
    return (
        f"import(new URL({address}, document.baseURI).href)"
        f".then((page) => page.mount({{ element, server, props, watch }}{values}));"
    )


def tag(name: str) -> str:
    """HTML that runs a module."""
    return f'<script type="module" src="./{folder()}/{name}"></script>'


def _first() -> bytes:
    """What comes first in every page's head: its language, before Gradio reads it."""
    ahead = _preloads(one for one in modules.needed(START, table()) if one != START)
    return f"<head>{_below(root_path())}{tag(START)}{ahead}".encode()


def _last(names: Sequence[str]) -> bytes:
    """What comes last there: these modules and all that they need, at once instead of one after the other, and after
    what Gradio draws the page with."""
    needed = dict.fromkeys(one for name in names for one in modules.needed(name, table()))
    early = modules.needed(START, table())
    ahead = _preloads((one for one in needed if one not in early), ' fetchpriority="low"')
    return f"{ahead}</head>".encode()


def _preloads(names: Iterable[str], how: str = "") -> str:
    return "".join(f'<link rel="modulepreload" href="./{folder()}/{name}"{how}>' for name in names)


def _below(root: str) -> str:
    """Where a proxy shows the app at a path: add the closing slash that visitors leave out, on which all links rest."""
    if not root:
        return ""
    here = json.dumps(root).replace("<", "\\u003c")
    add = f"history.replaceState(null, '', {here} + '/' + location.search + location.hash)"
    return f"<script>if (location.pathname === {here}) {add};</script>"


class Scripts:
    """ASGI middleware: serves the modules, and lets every page begin with those that it needs."""

    def __init__(self, app: ASGIApp, pages: dict[str, list[str]]) -> None:
        """`pages`: the modules of each page, by its place in the address; of any other, `pages[""]`."""
        self.app = app
        self.place = f"/{folder()}/"
        self.plain = {name: code.encode() for name, code in table().items()}
        self.packed = {name: gzip.compress(code, mtime=0) for name, code in self.plain.items()}
        self.first = _first()
        self.last = {place: _last(names) for place, names in pages.items()}

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or scope["method"] not in ("GET", "HEAD"):
            await self.app(scope, receive, send)
            return
        _, found, name = scope["path"].rpartition(self.place)
        if found:
            await self._module(name, Headers(scope=scope))(scope, receive, send)
            return
        start: dict[str, Any] = {}

        async def send_page(message: Message) -> None:
            if message["type"] == "http.response.start":
                kind = dict(message["headers"]).get(b"content-type", b"")
                if kind.startswith(b"text/html"):
                    start.update(message, body=b"")  # held until the length is known
                    return
            elif start:
                start["body"] += message.get("body", b"")
                if message.get("more_body"):
                    return
                body = self._with_modules(start.pop("body"), scope["path"])
                headers = [(key, value) for key, value in start["headers"] if key != b"content-length"]
                headers.append((b"content-length", str(len(body)).encode()))
                await send({"type": "http.response.start", "status": start["status"], "headers": headers})
                start.clear()
                await send({"type": "http.response.body", "body": body})
                return
            await send(message)

        await self.app(scope, receive, send_page)

    def _module(self, name: str, headers: Headers) -> Response:
        if name not in self.plain:
            return PlainTextResponse("Not Found", 404)
        packed = "gzip" in headers.get("accept-encoding", "")
        said = KEPT | ({"content-encoding": "gzip"} if packed else {})
        return Response((self.packed if packed else self.plain)[name], media_type="text/javascript", headers=said)

    def _with_modules(self, page: bytes, path: str) -> bytes:
        last = self.last.get(posixpath.basename(path.rstrip("/")), self.last[""])
        return page.replace(b"<head>", self.first, 1).replace(b"</head>", last, 1)
