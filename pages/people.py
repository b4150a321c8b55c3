"""Who is at the browser: the door of a class, and `/healthz`. Everything else of a class is `aigc_core.classroom`."""

import json
import logging
import math
import os
from collections.abc import Iterator
from contextlib import contextmanager
from http.cookies import CookieError
from pathlib import Path
from typing import Any

import gradio as gr
from starlette.requests import Request
from starlette.responses import HTMLResponse, JSONResponse, PlainTextResponse, RedirectResponse, Response

from aigc_core.errors import AigcError, disk_in_words
from aigc_core.studio import people as door

log = logging.getLogger(__name__)

COOKIE = "aigc-person"
KEPT_S = 180 * 86_400
LONGEST_BODY = 10_000  # bytes
STATIC = Path(__file__).parent / "static"


@contextmanager
def acting(request: gr.Request | None) -> Iterator[None]:
    """What happens within an event of Gradio's queue is asked for by whoever caused it, and errors of the disk are
    sentences.

    Everything else the middleware below covers, as it happens within the web request itself.
    """
    cookies = request.cookies if request else {}
    with door.acting(_person(cookies.get(COOKIE, ""), request.username if request else None)), disk_in_words():
        yield


def _person(token: str, username: str | None) -> Any:
    try:
        with disk_in_words():
            found = door.open_class()
            if found is None:
                return None
            return door.signed_in(username) if found["passwords"] else door.joined(token)
    except AigcError:  # a file of the class's cannot be read: nobody is anybody until it is mended
        log.exception("Who asks cannot be told")
        return None


class Doorman:
    """ASGI middleware: answers `/healthz`; in a class sends whoever has not joined to `/join`, and tells everything
    behind it who asks; refuses what is no request."""

    def __init__(self, app: Any) -> None:
        self.app = app

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        request = Request(scope, receive)
        try:
            with disk_in_words():
                answer = await self._own(request)
        except AigcError as error:  # what the class keeps is damaged, or its folder read-only
            log.exception("The class cannot be kept")
            answer = PlainTextResponse(str(error), 503)
        if answer is not None:
            await answer(scope, receive, send)
            return
        with door.acting(_person(_cookie(request, COOKIE), _username(request))):
            if request.method == "POST" and not _small_enough(request):
                await JSONResponse({"detail": "Too large."}, 413)(scope, receive, send)
                return
            await self._pass_on(scope, receive, send)

    async def _pass_on(self, scope: Any, receive: Any, send: Any) -> None:
        begun = False

        async def noting(message: Any) -> None:
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
        path = request.scope["path"].removeprefix(request.scope.get("root_path", "")).strip("/")
        if path == "gradio_api/startup-events":  # Gradio calls itself
            return None
        if path == "healthz":
            health = door.health()
            return JSONResponse(health, 200 if health["ok"] else 503)
        found = door.open_class()
        if found is None or found["passwords"]:
            return None
        if path == "join":
            return await _join(request, found) if request.method == "POST" else HTMLResponse(_page(found))
        if path == "leave" and request.method == "POST":
            left = JSONResponse({"ok": True})
            left.delete_cookie(COOKIE)
            return left
        if door.joined(_cookie(request, COOKIE)) is not None:
            return None
        if request.method == "GET" and "text/html" in request.headers.get("accept", ""):
            return RedirectResponse(f"{request.scope.get('root_path', '')}/join?{_then(request)}", 303)
        return JSONResponse({"detail": "Join the class first."}, 401)


def _small_enough(request: Request) -> bool:
    """Whether a body is told to be no larger than who asks may send. One of untold length is not."""
    limit, told = door.largest_request(), request.headers.get("content-length", "")
    return math.isinf(limit) or (told.isdecimal() and int(told) <= limit)


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

    query = f"?{request.url.query}" if request.url.query else ""
    return urlencode({"then": "./" + request.url.path.rpartition("/")[2] + query})


async def _join(request: Request, found: dict[str, Any]) -> Response:
    body = b""
    async for part in request.stream():
        body += part
        if len(body) > LONGEST_BODY:
            return JSONResponse({"detail": "Too long."}, 413)
    try:
        given = json.loads(body)
        name, own, code = (str(given.get(key, "")) for key in ("name", "own_code", "code"))
        token = door.join(name, own, code, given.get("teacher") is True)
    except (ValueError, AttributeError, RecursionError):
        return JSONResponse({"detail": "This is no JSON object."}, 400)
    except AigcError as error:
        return JSONResponse({"ok": False, "error": error.message})
    answer = JSONResponse({"ok": True})
    within = bool(os.environ.get("SPACE_ID"))  # a Space is shown inside a page of another site
    secure = within or request.url.scheme == "https"
    answer.set_cookie(COOKIE, token, max_age=KEPT_S, httponly=True, samesite="none" if within else "lax", secure=secure)
    return answer


def _page(found: dict[str, Any]) -> str:
    """The door, in one piece: nothing else is served to whoever stands before it. Its words `LanguageScript` adds."""
    folder = STATIC / "join"
    page, look, code = ((folder / name).read_text(encoding="utf-8") for name in ("page.html", "style.css", "page.js"))
    given = json.dumps(found).replace("</", "<\\/")
    head = f"<head><script>const CLASS = {given};</script><style>{look}</style>"
    return page.replace("<head>", head, 1).replace("</body>", f"<script>{code}</script></body>", 1)
