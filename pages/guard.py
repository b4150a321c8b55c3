"""Which other web pages reach the app: none. One of another site, open in the same browser, may link here and no more.

Browsers say in `Origin` and `Sec-Fetch-Site` whose page asks, and pages cannot change that. What is no browser says
neither, and is served.
"""

import ipaddress
import os
import socket
from collections.abc import Iterable
from urllib.parse import urlsplit

from starlette.datastructures import Headers, MutableHeaders
from starlette.responses import PlainTextResponse, Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

HOSTS = "AIGC_HOSTS"
WILDCARDS = ("", "0.0.0.0", "::")  # noqa: S104  # server names that mean every address of the machine; none is bound
DEFAULT_PORTS = {"http": 80, "https": 443}
ACTING = ("logout", "gradio_api")  # where a mere visit does something, or shows no page
REFUSED = (
    "This address is not one that AIGC Studio was told to serve, or another web page asked for it. "
    "If it is yours, start the app with {setting}={host}.\n"
    "AIGC Studio 未被设置为服务此地址，或者请求来自其他网页。如果这是你自己的地址，请用 {setting}={host} 启动应用。\n"
)


def root_path() -> str:
    """The path below which a reverse proxy shows the app, without a closing slash; empty where there is none."""
    return urlsplit(os.environ.get("GRADIO_ROOT_PATH", "")).path.rstrip("/")


class Guard:
    """ASGI middleware, in the place of Gradio's own one for CORS, which answers to any `Host` and allows any `Origin`.

    403 for a `Host` that is not served (an attacker's name may lead to this machine: DNS rebinding), and for whatever a
    page of another origin asks but a plain visit. Cookies are not sent along from other sites' pages.
    """

    def __init__(self, app: ASGIApp, **of_gradio: object) -> None:
        self.app = app
        self.hosts = _Hosts()
        self.embedded = bool(os.environ.get("SPACE_ID"))  # a Space is shown inside a page of another site

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] not in ("http", "websocket"):
            await self.app(scope, receive, send)
            return
        headers = Headers(scope=scope)
        if not (self.hosts.served(headers) and self._ours(scope, headers)):
            if scope["type"] == "websocket":
                await send({"type": "websocket.close", "code": 1008})
                return
            await _refusal(headers)(scope, receive, send)
            return

        async def marking(message: Message) -> None:
            if message["type"] == "http.response.start":
                self._mark(MutableHeaders(scope=message))
            await send(message)

        await self.app(scope, receive, marking)

    def _ours(self, scope: Scope, headers: Headers) -> bool:
        """Whether a page of ours asks, or no page, or this is a plain visit from another one."""
        if (origin := headers.get("origin")) is not None:
            return self.hosts.ours(origin, headers)
        if headers.get("sec-fetch-site", "none") in ("none", "same-origin"):
            return True
        first = scope["path"].removeprefix(scope.get("root_path", "")).strip("/").split("/")[0]
        visit = headers.get("sec-fetch-mode") == "navigate" and scope.get("method") in ("GET", "HEAD")
        return visit and first not in ACTING

    def _mark(self, headers: MutableHeaders) -> None:
        cookies = headers.getlist("set-cookie")
        if cookies:
            del headers["set-cookie"]
        for one in cookies:
            headers.append("set-cookie", _confined(one, self.embedded))
        if not self.embedded and headers.get("content-type", "").startswith("text/html"):
            allowed = " ".join(["'self'", *self.hosts.listed])
            headers["content-security-policy"] = (
                f"frame-ancestors {allowed}"  # nor hidden beneath another page's buttons
            )


class _Hosts:
    """The names by which the app may be called."""

    def __init__(self) -> None:
        name = os.environ.get("GRADIO_SERVER_NAME", "127.0.0.1").strip("[]").lower()
        public = os.environ.get("GRADIO_ROOT_PATH", "")  # which may be a whole address
        given = [one.strip().lower() for one in os.environ.get(HOSTS, "").split(",")]
        self.listed = [one for one in (*given, urlsplit(public).netloc.lower()) if one]
        self.everywhere = name in WILDCARDS
        own = [socket.gethostname().lower()] if self.everywhere else [name]
        spaces = [os.environ.get("SPACE_HOST", "").lower(), ".hf.space"] if os.environ.get("SPACE_ID") else []
        given = [one if one.startswith(".") else str(urlsplit(f"//{one}").hostname) for one in self.listed]
        self.names = ["localhost", ".localhost", *own, *(f"{one}.local" for one in own), *filter(None, spaces), *given]

    def served(self, headers: Headers) -> bool:
        return all(self._known(one) for one in _asked(headers))

    def ours(self, origin: str, headers: Headers) -> bool:
        """Whether a page of this origin is one of ours: the host it came from is the one that it asks."""
        scheme, _, netloc = origin.partition("://")
        if scheme not in DEFAULT_PORTS:  # "null": a sandbox, a file, or a redirection
            return False
        told = _place(netloc, scheme)
        here = [_place(one, scheme) for one in _asked(headers)]
        return told is not None and (told in here or _in(told, self.listed, scheme))

    def _known(self, host: str) -> bool:
        place = _place(host, "")
        if place is None:
            return False
        name, _ = place
        return (_is_address(name) and self.everywhere) or _is_loopback(name) or _named(name, self.names)


def _asked(headers: Headers) -> list[str]:
    """The host that is asked for, and the one that a proxy says was asked for, where there is one."""
    forwarded = headers.get("x-forwarded-host", "").split(",")[0].strip()
    return [headers.get("host", ""), *([forwarded] if forwarded else [])]


def _place(netloc: str, scheme: str) -> tuple[str, int | None] | None:
    """Name and port, None for the scheme's own; None if it is no host."""
    try:
        parts = urlsplit(f"//{netloc}")
        port = parts.port
    except ValueError:
        return None
    if not parts.hostname or parts.username is not None or parts.path or parts.query:
        return None
    return parts.hostname.rstrip("."), None if port == DEFAULT_PORTS.get(scheme) else port


def _is_address(name: str) -> bool:
    """Whether it is no name, so that nobody can point it elsewhere."""
    try:
        ipaddress.ip_address(name)
    except ValueError:
        return False
    return True


def _is_loopback(name: str) -> bool:
    return _is_address(name) and ipaddress.ip_address(name).is_loopback


def _in(place: tuple[str, int | None], listed: Iterable[str], scheme: str) -> bool:
    name, port = place
    whole = any(_place(one, scheme) == place for one in listed if not one.startswith("."))
    return whole or (port is None and _named(name, [one for one in listed if one.startswith(".")]))


def _named(name: str, known: Iterable[str]) -> bool:
    """Whether a name is among those known, or ends as one that begins with a dot."""
    return any(name.endswith(one) if one.startswith(".") else name == one for one in known)


def _confined(cookie: str, embedded: bool) -> str:
    """A cookie for our own pages alone: `Lax`, or on a Space, which a page of another site shows, `Partitioned`: kept
    for each such page apart (CHIPS)."""
    parts = [one.strip() for one in cookie.split(";")]
    kept = [one for one in parts if one.split("=")[0].lower() not in ("samesite", "partitioned", "secure")]
    secure = any(one.lower() == "secure" for one in parts)
    if embedded:
        return "; ".join([*kept, "SameSite=None", "Secure", "Partitioned"])
    return "; ".join([*kept, "SameSite=Lax", *(["Secure"] if secure else [])])


def _refusal(headers: Headers) -> Response:
    asked = headers.get("origin", "").partition("://")[2] or headers.get("host", "")
    host = asked if all(one.isalnum() or one in ".-:[]" for one in asked) and asked else "studio.example.org"
    return PlainTextResponse(REFUSED.format(setting=HOSTS, host=host[:200]), 403)
