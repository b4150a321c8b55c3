"""A class in real browsers: the door, own and others' runs, the teacher's page, lesson links."""

import json
import urllib.error
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect

from aigc_core.runs.run import Run
from tests.helpers.browser import strict_page, wait_until
from tests.helpers.runs import tiny
from tests.helpers.servers import serving

pytestmark = pytest.mark.browser


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("class")


@pytest.fixture(scope="module")
def school(place: Path) -> Iterator[str]:
    rules = {"AIGC_CLASS": "1", "AIGC_CLASS_CODE": "blue", "AIGC_CLASS_TEACHER_CODE": "owl", "AIGC_CLASS_TITLE": "7b"}
    with serving(place, **rules) as url:
        yield url


def come_in(page: Page, url: str, name: str) -> None:
    page.goto(url)
    page.fill("[name=name]", name)
    page.fill("[name=code]", "blue")
    page.click("[type=submit]")
    expect(page.locator("#start")).to_be_visible()


def run_of(place: Path, owner: str) -> Run:
    run = Run.create(tiny("vae"), place / "runs" / f"run-of-{owner}", {"owner": owner})
    status = run.status()
    status.state = "done"
    run.set_status(status)
    return run


def test_nothing_is_served_before_the_door(school: str) -> None:
    assert json.load(urllib.request.urlopen(school + "healthz"))["ok"]
    for path in ("gradio_api/info", "config", "gradio_api/queue/data?session_hash=x", "theme.css"):
        with pytest.raises(urllib.error.HTTPError) as refused:
            urllib.request.urlopen(school + path)
        assert refused.value.code == 401
        refused.value.close()
    for body, code in ((b"no json", 400), (b"[]", 400), (b"{}" + b" " * 20_000, 413)):
        with pytest.raises(urllib.error.HTTPError) as refused:
            urllib.request.urlopen(school + "join", data=body)
        assert refused.value.code == code
        refused.value.close()


def test_a_student_s_request_has_a_size(school: str) -> None:
    body = json.dumps({"name": "Fay", "code": "blue"}).encode()
    with urllib.request.urlopen(school + "join", data=body) as answer:
        cookie = answer.headers["Set-Cookie"].partition(";")[0]
    huge = urllib.request.Request(school + "gradio_api/upload", b"x", {"Cookie": cookie, "Content-Length": str(10**8)})
    with pytest.raises(urllib.error.HTTPError) as refused:
        urllib.request.urlopen(huge)
    assert refused.value.code == 413
    refused.value.close()


def test_a_student_comes_in_trains_and_only_looks_at_others(browser: Browser, school: str, place: Path) -> None:
    run_of(place, "Ben")
    with strict_page(browser) as page:
        page.goto(school + "?family=vae&lang=zh")
        expect(page.locator("[type=submit]")).to_have_text("进入")  # the door speaks as the link does
        page.goto(school + "?family=vae&lang=en")
        page.goto(school + "?family=vae")
        assert "/join?" in page.url and page.locator("h1").inner_text() == "7b"
        page.fill("[name=name]", "<b>Ann</b>")
        page.fill("[name=code]", "red")
        page.click("[type=submit]")
        expect(page.locator(".bad")).to_have_text("This is not the code of the class.")
        page.fill("[name=code]", "blue")
        page.click("[type=submit]")
        expect(page.locator("#start")).to_be_visible()
        assert page.url.endswith("?family=vae"), "one goes on to where one wanted to"
        page.goto(school + "?run=run-of-Ben")
        expect(page.locator("[data-role=facts]")).to_contain_text("Ben")
        expect(page.locator("[data-role=delete]")).to_be_hidden()
        expect(page.locator("[data-ask=resume]")).to_be_disabled()
        run_of(place, "<b>Ann</b>".replace("/", "-")).path.rename(place / "runs" / "mine")
        made = json.loads((place / "runs" / "mine" / "config.json").read_text()) | {"owner": "<b>Ann</b>"}
        (place / "runs" / "mine" / "config.json").write_text(json.dumps(made))
        page.goto(school + "?run=mine")
        expect(page.locator("[data-role=facts]")).to_contain_text("<b>Ann</b>")
        page.click("[data-role=pin]")
        expect(page.locator("[data-role=pin]")).to_have_text("Unpin")
        assert (place / "runs" / "mine" / "pinned").exists()
        page.click("[data-role=delete]")
        assert (place / "runs" / "mine").exists(), "asked once more"
        page.click("[data-role=delete]")
        wait_until(page, lambda: not (place / "runs" / "mine").exists())
        page.goto(school + "classroom")
        expect(page.locator("[data-role=code]")).to_contain_text("Your own code is")
        expect(page.locator("[data-role=students-box]")).to_be_hidden()


@pytest.mark.slow
def test_a_start_is_a_student_s_own_and_kept_within_limits(browser: Browser, school: str, place: Path) -> None:
    with strict_page(browser) as page:
        come_in(page, school, "Cem")
        page.goto(school + "?family=gan&data=digits8&network=mlp&width=8&steps=30&minutes=20")
        wait_until(page, lambda: page.input_value("#gan-minutes input") == "20")
        page.click("#start")
        expect(page.locator("#refused")).to_contain_text("at most 10 minutes", timeout=30_000)
        page.fill("#gan-minutes input", "0")
        page.click("#start")
        wait_until(page, lambda: list((place / "runs").glob("[!.]*digits8*")))  # not one that is being made
        (started,) = (Run(one) for one in (place / "runs").glob("[!.]*digits8*"))
        assert started.manifest.owner == "Cem" and started.manifest.limit("minutes") == 10
        expect(page.locator("[data-role=state]")).to_have_text("done", timeout=90_000)


def test_a_teacher_sees_all_and_makes_a_lesson_link(browser: Browser, school: str, place: Path) -> None:
    running = run_of(place, "Dora")
    status = running.status()
    status.state = "running"
    running.set_status(status)
    with strict_page(browser) as page:
        come_in(page, school, "Dora")
    with strict_page(browser) as page:
        page.goto(school)
        page.click("#teacher")
        page.fill("[name=code]", "owl")
        page.click("[type=submit]")
        expect(page.locator("#start")).to_be_visible()
        page.goto(school + "classroom")
        expect(page.locator("[data-role=students]")).to_contain_text("Dora")
        expect(page.locator("[data-role=trainings]")).to_contain_text("run-of-Dora")
        page.click("[data-do=stop_all]")
        wait_until(page, lambda: any(one["request"] == "stop" for one in running.control.since_start()[0]))
        page.locator("[data-role=students] tr", has_text="Dora").get_by_role("button").click()
        expect(page.locator("[data-role=students]")).not_to_contain_text("Dora")
        page.select_option("[data-role=family]", "gpt")
        page.select_option("[data-role=language]", "zh")
        page.check("[data-role=hide] [value=network]")
        page.fill("[data-role=task]", "看一看 <b>损失</b>")
        link = page.input_value("[data-role=link]")
    with strict_page(browser) as page:
        come_in(page, school, "Emil")
        page.goto(link)
        expect(page.locator(".aigc-task")).to_have_text("看一看 <b>损失</b>")
        expect(page.locator("#start")).to_have_text("开始训练")
        expect(page.locator("#form-gpt").first).to_be_visible()
        expect(page.locator("#form-gpt .group-network").first).to_be_hidden()


def test_the_door_is_also_chinese_and_fits_a_phone(browser: Browser, school: str) -> None:
    with strict_page(browser, locale="zh-CN", viewport={"width": 390, "height": 800}) as page:
        page.goto(school)
        expect(page.locator("[type=submit]")).to_have_text("进入")
        assert page.evaluate("document.documentElement.scrollWidth") <= 390
        come_in(page, school, "小明")
        page.goto(school + "classroom")
        expect(page.locator("[data-role=name]")).to_have_text("小明")
        assert page.evaluate("document.documentElement.scrollWidth") <= 390


@pytest.mark.slow
def test_passwords_instead_of_names(browser: Browser, tmp_path: Path) -> None:
    file = tmp_path / "people.csv"
    file.write_text("Ann,secret\nMs Wu,owl,teacher\n")
    with serving(tmp_path, AIGC_CLASS="1", AIGC_CLASS_PASSWORDS=str(file)) as url:
        with pytest.raises(urllib.error.HTTPError) as refused:
            urllib.request.urlopen(url + "config")
        assert refused.value.code == 401
        refused.value.close()
        with strict_page(browser) as page:
            page.goto(url)
            page.locator("input").nth(0).fill("Ms Wu")
            page.locator("input").nth(1).fill("owl")
            page.get_by_role("button").first.click()
            expect(page.locator("#start")).to_be_visible(timeout=20_000)
            page.goto(url + "classroom")
            expect(page.locator("[data-role=students]")).to_contain_text("Ann")
