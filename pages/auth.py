"""Who is at the browser: how a class is joined, and `/healthz`. The rest is in `aigc_core.serving.classroom`."""

import asyncio
import json
import logging
import math
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from http.cookies import CookieError
from pathlib import Path

import gradio as gr
from starlette.requests import Request
from starlette.responses import HTMLResponse, JSONResponse, PlainTextResponse, RedirectResponse, Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from aigc_core.common.errors import AigcError, disk_in_words
from aigc_core.serving.api import classroom as api
from pages import scripts
from pages.guard import root_path
from pages.modules import STATIC

log = logging.getLogger(__name__)

COOKIE = "aigc-person"
KEPT_S = 180 * 86_400
LONGEST_BODY = 10_000  # bytes
WRONG_S, WRONG_AT_ONCE = 1.0, 5  # how long a wrong code takes, and how many from one address may at a time
# What Gradio offers and no page of ours asks for: it would write files, or fetch for others.
UNUSED = ("deep_link", "process_recording", "proxy=", "vibe-", "undo-vibe-", "run-history", "runs", "monitoring")


@contextmanager
def acting_as(request: gr.Request | None) -> Iterator[None]:
    """What happens within an event of Gradio's queue is asked for by whoever caused it, and errors of the disk are
    sentences.

    Everything else the middleware below covers, as it happens within the web request itself.
    """
    cookies = request.cookies if request else {}
    with api.acting_as(_user(cookies.get(COOKIE, ""), request.username if request else None)), disk_in_words():
        yield


def _user(token: str, username: str | None) -> api.User | None:
    try:
        with disk_in_words():
            found = api.open_class()
            if found is None:
                return None
            return api.user_of_password(username) if found["passwords"] else api.user_of_token(token)
    except AigcError:  # a file of the class's cannot be read: nobody is anybody until it is mended
        log.exception("Who asks cannot be told")
        return None


class AuthMiddleware:
    """ASGI middleware: answers `/healthz`; in a class sends whoever has not joined to `/join`, and tells everything
    behind it who asks; refuses what is no request."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        request = Request(scope, receive)
        with api.from_address(request.client.host if request.client else ""):
            await self._answered(request, send)

    async def _answered(self, request: Request, send: Send) -> None:
        scope, receive = request.scope, request.receive
        try:
            with disk_in_words():
                answer = await self._own(request)
        except AigcError as error:  # what the class keeps is damaged, or its folder read-only
            log.exception("The class cannot be kept")
            answer = PlainTextResponse(str(error), 503)
        if answer is not None:
            await answer(scope, receive, send)
            return
        with api.acting_as(_user(_cookie(request, COOKIE), _username(request))):
            if request.method == "POST" and (refused := _too_large(request)) is not None:
                await refused(scope, receive, send)
                return
            noting = _noting_files(send) if _path(request) == "gradio_api/upload" else send
            await self._pass_on(scope, receive, noting)

    async def _pass_on(self, scope: Scope, receive: Receive, send: Send) -> None:
        begun = False

        async def noting(message: Message) -> None:
            nonlocal begun
            begun = True
            await send(message)

        try:
            await self.app(scope, receive, noting)
        except Exception:  # Gradio looks at nothing that is sent to a page's functions before it uses it
            if begun or not scope["path"].endswith("/component_server"):
                raise
            log.warning("What came is no request of a page", exc_info=True)
            await JSONResponse({"detail": "This is no request of a page."}, 400)(scope, receive, send)

    async def _own(self, request: Request) -> Response | None:
        """An answer of the door itself, or None if the request may pass."""
        path = _path(request)
        if path.removeprefix("gradio_api/").startswith(UNUSED):
            return JSONResponse({"detail": "Not Found"}, 404)
        if path == "gradio_api/startup-events":  # Gradio calls itself
            return None
        if request.url.path.endswith("/") and path and "/" not in path and request.method == "GET":
            return RedirectResponse(f"../{path}{_query(request)}", 307)  # Gradio's own would forget a proxy's path
        if path == "healthz":
            health = api.health()
            return JSONResponse(health, 200 if health["ok"] else 503)
        found = api.open_class()
        if found is None or found["passwords"]:
            return None
        if path == "join":
            return await _join(request, found) if request.method == "POST" else HTMLResponse(_page(found))
        if path == "leave" and request.method == "POST":
            left = JSONResponse({"ok": True})
            left.delete_cookie(COOKIE)
            return left
        if api.user_of_token(_cookie(request, COOKIE)) is not None:
            return None
        if request.method == "GET" and "text/html" in request.headers.get("accept", ""):
            return RedirectResponse(f"{root_path() or '.'}/join?{_then(request)}", 303)
        return JSONResponse({"detail": "Join the class first."}, 401)


def _path(request: Request) -> str:
    """Of the page or function that is asked for, without slashes around."""
    return str(request.scope["path"].removeprefix(request.scope.get("root_path", "")).strip("/"))


def _too_large(request: Request) -> Response | None:
    """The refusal of a body larger than who asks may send, or has place for. One of untold length may be either."""
    limit, told = api.largest_request(), request.headers.get("content-length", "")
    if math.isinf(limit):
        return None
    if not told.isdecimal() or int(told) > limit:
        return JSONResponse({"detail": "Too large."}, 413)
    if _path(request) == "gradio_api/upload":
        try:
            api.check_space(int(told))
        except AigcError as error:
            return JSONResponse({"detail": str(error), "error": error.message}, 413)
    return None


def _noting_files(send: Send) -> Send:
    """Let what was uploaded count as that of who sent it: Gradio answers with the paths."""
    body = b""

    async def noting(message: Message) -> None:
        nonlocal body
        body += message.get("body", b"")
        if message["type"] == "http.response.body" and not message.get("more_body"):
            with suppress(ValueError, TypeError):  # a refusal
                api.note_uploads([Path(one) for one in json.loads(body)])
        await send(message)

    return noting


def _cookie(request: Request, name: str) -> str:
    try:
        return request.cookies.get(name, "")
    except CookieError:
        return ""


def _username(request: Request) -> str | None:
    """Who has signed in by Gradio's own `auth`, which keeps its tokens in the application."""
    application = request.scope.get("app")
    tokens, kept = getattr(application, "tokens", {}), getattr(application, "cookie_id", "")
    names = (f"access-token-{kept}", f"access-token-unsecure-{kept}")
    return next((tokens[token] for name in names if (token := _cookie(request, name)) in tokens), None)


def _then(request: Request) -> str:
    """The address to go on to, as part of one."""
    from urllib.parse import urlencode

    return urlencode({"then": "./" + request.url.path.rpartition("/")[2] + _query(request)})


def _query(request: Request) -> str:
    return f"?{request.url.query}" if request.url.query else ""


_wrong: Counter[str] = Counter()  # codes that are just being answered, by address


async def _join(request: Request, found: api.OpenClass) -> Response:
    body = b""
    async for part in request.stream():
        body += part
        if len(body) > LONGEST_BODY:
            return JSONResponse({"detail": "Too long."}, 413)
    address = request.client.host if request.client else ""
    if _wrong[address] >= WRONG_AT_ONCE:  # guesses by many connections
        return JSONResponse({"detail": "Too many wrong codes at once."}, 429)
    try:
        given = json.loads(body)
        name, own, code = (str(given.get(key, "")) for key in ("name", "own_code", "code"))
        token = api.join(name, own, code, given.get("teacher") is True)
    except (ValueError, AttributeError, RecursionError):
        return JSONResponse({"detail": "This is no JSON object."}, 400)
    except AigcError as error:
        await _slowly(address)
        return JSONResponse({"ok": False, "error": error.message})
    answer = JSONResponse({"ok": True})
    answer.set_cookie(COOKIE, token, max_age=KEPT_S, httponly=True, secure=request.url.scheme == "https")
    return answer


async def _slowly(address: str) -> None:
    """Let a wrong code take a while: names can be made up, so nobody's lock stops who guesses the class's code."""
    _wrong[address] += 1
    try:
        await asyncio.sleep(WRONG_S)
    finally:
        _wrong[address] -= 1
        if not _wrong[address]:
            del _wrong[address]


def _page(found: api.OpenClass) -> str:
    """The door; its modules are public, and nothing else is served to whoever stands before it."""
    folder = STATIC / "join"
    page, look = ((folder / name).read_text(encoding="utf-8") for name in ("page.html", "style.css"))
    given = json.dumps(found).replace("<", "\\u003c")
    head = f"<head><style>{look}</style>"
    end = f'<script type="application/json" id="class">{given}</script>{scripts.tag("join/page.js")}</body>'
    return page.replace("<head>", head, 1).replace("</body>", end, 1)
