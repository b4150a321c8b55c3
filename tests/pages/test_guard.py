"""Which hosts and pages are served: every way of asking, without a browser."""

from collections.abc import Callable

import pytest
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route
from starlette.testclient import TestClient

from pages.guard import Guard

MakeClient = Callable[..., TestClient]  # environment variables to a client of the guarded app


def answer(request: Request) -> Response:
    said = PlainTextResponse("served", media_type="text/html")
    said.set_cookie("token", "x", samesite="none", secure=True, httponly=True)
    return said


@pytest.fixture
def client(monkeypatch: pytest.MonkeyPatch) -> MakeClient:
    for name in ("AIGC_HOSTS", "SPACE_ID", "SPACE_HOST", "GRADIO_SERVER_NAME", "GRADIO_ROOT_PATH"):
        monkeypatch.delenv(name, raising=False)

    def made(**variables: str) -> TestClient:
        for name, value in variables.items():
            monkeypatch.setenv(name, value)
        routes = [Route("/{path:path}", answer, methods=["GET", "POST"])]
        return TestClient(Guard(Starlette(routes=routes)), base_url="http://127.0.0.1:7860")

    return made


LOCAL, LAN = "127.0.0.1:7860", {"GRADIO_SERVER_NAME": "0.0.0.0"}
# Variables, host, origin, whether it is served.
ASKED: list[tuple[dict[str, str], str, str | None, bool]] = [
    ({}, LOCAL, None, True), ({}, "localhost:7860", None, True), ({}, "[::1]:7860", None, True),
    ({}, "localhost:8888", "http://localhost:8888", True),  # a tunnel
    ({}, "127.0.0.2", None, True), ({}, "LOCALHOST", None, True), ({}, "app.localhost:7860", None, True),
    ({}, "evil.example", None, False), ({}, "evil.example:7860", "http://evil.example:7860", False),
    ({}, "localhost.evil.example", None, False), ({}, "evil-localhost", None, False),
    ({}, "127.0.0.1.evil.example", None, False),
    ({}, "10.0.0.5:7860", None, False), ({}, "", None, False), ({}, "localhost@evil.example", None, False),
    ({}, "2130706433", None, False),
    ({}, LOCAL, "http://127.0.0.1:7860", True), ({}, LOCAL, "http://127.0.0.1:7861", False),
    ({}, LOCAL, "http://127.0.0.1", False), ({}, LOCAL, "http://localhost:7860", False),
    ({}, LOCAL, "null", False), ({}, LOCAL, "", False), ({}, LOCAL, "http://evil.example", False),
    ({}, LOCAL, "file://", False), ({}, LOCAL, "chrome-extension://127.0.0.1:7860", False),
    ({}, LOCAL, "http://[", False),
    (LAN, "10.0.0.5:7860", "http://10.0.0.5:7860", True), (LAN, "[fe80::1]:7860", None, True),
    (LAN, "evil.example:7860", None, False), (LAN, "10.0.0.5:7860", "http://10.0.0.6:7860", False),
    ({"GRADIO_SERVER_NAME": "10.0.0.5"}, "10.0.0.5:7860", None, True),
    ({"GRADIO_SERVER_NAME": "10.0.0.5"}, "10.0.0.6:7860", None, False),
    ({"AIGC_HOSTS": "studio.school"}, "studio.school", "https://studio.school", True),
    ({"AIGC_HOSTS": "studio.school"}, LOCAL, "https://studio.school", True),  # a proxy that says its own name
    ({"AIGC_HOSTS": "studio.school"}, LOCAL, "https://studio.school:8443", False),
    ({"AIGC_HOSTS": "a.b, studio.school:8443"}, LOCAL, "https://studio.school:8443", True),
    ({"AIGC_HOSTS": "studio.school"}, "other.school", None, False),
    ({"AIGC_HOSTS": ".school"}, "any.school", "https://any.school", True),
    ({"AIGC_HOSTS": ".school"}, "evilschool", None, False),
    ({"GRADIO_ROOT_PATH": "https://x.example/aigc"}, "x.example", "https://x.example", True),
    ({"SPACE_ID": "u/s", "SPACE_HOST": "u-s.hf.space"}, "u-s.hf.space", "https://u-s.hf.space", True),
    ({"SPACE_ID": "u/s", "SPACE_HOST": "u-s.hf.space"}, "u-s.hf.space", "https://evil.hf.space", False),
    ({"SPACE_ID": "u/s"}, "u-s.hf.space", "https://huggingface.co", False),
]  # fmt: skip


@pytest.mark.parametrize(("variables", "host", "origin", "served"), ASKED)
def test_hosts_and_origins(
    client: MakeClient, variables: dict[str, str], host: str, origin: str | None, served: bool
) -> None:
    asking = client(**variables)
    headers = {"host": host} | ({} if origin is None else {"origin": origin})
    for method in ("GET", "POST"):
        got = asking.request(method, "/gradio_api/component_server", headers=headers)
        assert got.status_code == (200 if served else 403), got.text
        assert "access-control-allow-origin" not in got.headers
        assert served or "AIGC_HOSTS" in got.text


@pytest.mark.parametrize(
    ("forwarded", "origin", "served"),
    [
        ("localhost:9000", "http://localhost:9000", True),
        ("evil.example", "http://evil.example", False),
        ("localhost:9000, 10.0.0.1", "http://localhost:9000", True),
        ("localhost:9000", "http://localhost:9001", False),
    ],
)
def test_what_a_proxy_says_counts_within_the_names_that_are_served(
    client: MakeClient, forwarded: str, origin: str, served: bool
) -> None:
    headers = {"host": LOCAL, "x-forwarded-host": forwarded, "origin": origin}
    assert client().post("/x", headers=headers).status_code == (200 if served else 403)


@pytest.mark.parametrize(
    ("path", "site", "mode", "served"),
    [
        ("/", "cross-site", "navigate", True),
        ("/latent?run=x", "same-site", "navigate", True),
        ("/", "cross-site", "no-cors", False),
        ("/", "same-site", "no-cors", False),
        ("/logout", "cross-site", "navigate", False),
        ("/logout/", "same-site", "navigate", False),
        ("/logout", "same-origin", "navigate", True),
        ("/logout", "none", "navigate", True),
        ("/gradio_api/deep_link", "cross-site", "navigate", False),
    ],
)
def test_another_page_may_link_here_and_no_more(
    client: MakeClient, path: str, site: str, mode: str, served: bool
) -> None:
    headers = {"sec-fetch-site": site, "sec-fetch-mode": mode}
    assert client().get(path, headers=headers).status_code == (200 if served else 403)


def test_cookies_are_for_our_own_pages_and_nobody_shows_ours_in_a_frame(client: MakeClient) -> None:
    got = client().get("/")
    assert got.headers["set-cookie"] == "token=x; HttpOnly; Path=/; SameSite=Lax; Secure"
    assert got.headers["content-security-policy"] == "frame-ancestors 'self'"
    embedded = client(SPACE_ID="u/s").get("/")
    assert embedded.headers["set-cookie"] == "token=x; HttpOnly; Path=/; SameSite=None; Secure; Partitioned"
    assert "content-security-policy" not in embedded.headers
