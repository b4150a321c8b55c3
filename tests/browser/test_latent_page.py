"""The Latent page in a real browser: what is on the screen is what the core computes."""

import base64
import io
import json
import shutil
import time
import urllib.request
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image
from playwright.sync_api import Browser, Page, Request, expect

from aigc_core.inference.latent import image_search, session
from aigc_core.media import provenance
from aigc_core.runs.run import Run
from aigc_core.training.trainer import fit
from tests.helpers.browser import held, strict_page, wait_until
from tests.helpers.runs import RECORDS, Trained, tiny
from tests.helpers.servers import serving

pytestmark = pytest.mark.browser


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory, trained: Trained) -> Path:
    """Runs to look at: a VAE of two numbers, and a class-conditional GAN with styles."""
    place = tmp_path_factory.mktemp("latent")
    (place / "runs").mkdir()
    shutil.copytree(trained("vae").path, place / "runs" / "tiny-vae")
    config = tiny("gan", network="style", conditional=True, width=8).changed(RECORDS | {"steps": 8})
    fit(Run.create(config, place / "runs" / "style-gan"))
    return place


@pytest.fixture(scope="module")
def app(place: Path) -> Iterator[str]:
    with serving(place) as address:
        yield f"{address}latent"


@pytest.fixture
def page(app: str, browser: Browser) -> Iterator[Page]:
    with strict_page(browser, accept_downloads=True) as page:
        yield page


def opened(page: Page, app: str, run: str = "tiny-vae", more: str = "") -> None:
    page.goto(f"{app}?run={run}{more}")
    wait_until(page, lambda: page.evaluate("document.querySelector('.aigc-latent')?.position?.().picture != null"))
    expect(page.locator(".slider").first).to_be_attached(timeout=20_000)
    assert position(page)["run"] == run


def position(page: Page) -> Any:
    return page.evaluate("document.querySelector('.aigc-latent').position()")


def canvas(page: Page, role: str) -> np.ndarray:
    """What a canvas shows, grey: uint8 (H, W)."""
    values = page.evaluate(
        """role => { const canvas = document.querySelector(`[data-role="${role}"]`);
        const data = canvas.getContext("2d").getImageData(0, 0, canvas.width, canvas.height).data;
        return [canvas.height, canvas.width, Array.from(data.filter((_, i) => i % 4 === 0))]; }""",
        role,
    )
    return np.array(values[2], np.uint8).reshape(values[:2])


def by_the_core(place: Path, page: Page) -> np.ndarray:
    """The picture that the core computes for the position on the page."""
    now = position(page)
    return session.decode_points(Run(place / "runs" / now["run"]), now["step"], session.parse_points([now["point"]]))[
        0, ..., 0
    ]


def settled(page: Page) -> None:
    page.wait_for_timeout(400)


def test_the_picture_is_that_of_the_last_position(app: str, page: Page, place: Path) -> None:
    opened(page, app)
    slider = page.locator('[data-direction="raw-0"] input[type=range]')
    box = slider.bounding_box()
    assert box
    page.mouse.move(box["x"] + 10, box["y"] + box["height"] / 2)
    page.mouse.down()
    for share in np.linspace(0.1, 0.8, 40):
        page.mouse.move(box["x"] + share * box["width"], box["y"] + box["height"] / 2)
    page.mouse.up()
    settled(page)
    assert (
        position(page)["point"]["z"][0] == pytest.approx(float(slider.input_value()), abs=0.01)
        and float(slider.input_value()) > 2
    )
    np.testing.assert_array_equal(canvas(page, "picture"), by_the_core(place, page))

    page.evaluate(  # a thumb faster than any server
        """() => { const slider = document.querySelector('[data-direction="raw-1"] input[type=range]');
        for (let i = 0; i <= 300; i++) { slider.value = 3 * Math.sin(i); slider.dispatchEvent(new Event("input")); }
        }"""
    )
    settled(page)
    assert position(page)["point"]["z"][1] == pytest.approx(3 * np.sin(300), abs=0.01)
    np.testing.assert_array_equal(canvas(page, "picture"), by_the_core(place, page))

    page.click("[data-do=undo]")
    page.click("[data-do=undo]")
    page.click("[data-do=reset]")
    settled(page)
    assert position(page)["point"]["z"] == [0, 0]
    np.testing.assert_array_equal(canvas(page, "picture"), by_the_core(place, page))

    page.set_viewport_size({"width": 1440, "height": 500})
    page.mouse.move(1000, 300)
    page.mouse.wheel(0, 2000)
    settled(page)
    assert page.evaluate("scrollY") > 100  # and the picture is still beside its sliders
    assert page.locator("[data-role=picture]").evaluate("one => one.getBoundingClientRect().top") >= 0


def test_a_drag_is_one_move_to_undo_even_back_to_where_it_began(app: str, page: Page) -> None:
    opened(page, app)
    for times in (1, 2):
        slider = page.locator(f'[data-direction="raw-{times - 1}"] input[type=range]')
        box = slider.bounding_box()
        assert box
        start, y = box["x"] + box["width"] / 2, box["y"] + box["height"] / 2
        slider.fill("0")
        page.mouse.move(start, y)
        page.mouse.down()
        page.mouse.move(start + 30, y, steps=3)
        page.mouse.move(start, y, steps=3)
        page.mouse.up()
    for _ in range(4):  # set and dragged, each of two sliders
        expect(page.locator("[data-do=undo]")).to_be_enabled()
        page.click("[data-do=undo]")
    expect(page.locator("[data-do=undo]")).to_be_disabled()


def test_the_dice_keep_what_is_locked(app: str, page: Page) -> None:
    opened(page, app)
    page.locator('[data-direction="raw-1"] .lock').check()
    before = position(page)["point"]["z"]
    page.click("[data-do=dice]")
    wait_until(page, lambda: position(page)["point"]["z"][0] != before[0])
    assert position(page)["point"]["z"][1] == pytest.approx(before[1], abs=1e-6)
    page.fill("[data-role=seed]", "0")
    page.locator('[data-direction="raw-1"] .lock').uncheck()
    page.locator("[data-role=seed]").press("Tab")
    wait_until(page, lambda: position(page)["point"]["z"] == before)
    for nonsense in ("-1", "1.5", "99999999999"):
        page.fill("[data-role=seed]", nonsense)
        page.locator("[data-role=seed]").press("Tab")
        expect(page.locator("[data-role=message]")).to_contain_text("whole number")
    assert position(page)["point"]["z"] == before
    page.click("[data-do=dice]")
    expect(page.locator("[data-role=message]")).to_have_text("")  # what was wrong is over


def test_a_named_direction_is_there_after_a_reload(app: str, page: Page) -> None:
    opened(page, app)
    page.locator('[data-direction^="found-"] .tool').first.click()
    page.locator(".naming").fill("rounder <b>")
    page.locator(".naming").press("Enter")
    expect(page.locator('[data-group="own"] .name')).to_have_text("rounder <b>")
    page.reload()
    expect(page.locator('[data-group="own"] .name')).to_have_text("rounder <b>", timeout=20_000)
    page.locator('[data-group="own"] .tool').click()
    expect(page.locator('[data-group="own"]')).to_have_count(0)


def test_the_map_is_looked_at_by_hovering_and_gone_to_by_clicking(app: str, page: Page, place: Path) -> None:
    opened(page, app)
    width = "document.querySelector('.aigc-latent').offsetWidth"
    before = page.evaluate(width)
    page.click("[data-tab=map]")
    assert page.evaluate(width) == before
    wait_until(page, lambda: canvas(page, "map").any())
    start = position(page)["point"]["z"]
    page.mouse.move(10, 10)
    box = page.locator("[data-role=map]").bounding_box()
    assert box
    at = (box["x"] + 0.75 * box["width"], box["y"] + 0.25 * box["height"])
    page.mouse.move(*at)
    settled(page)
    assert position(page)["point"]["z"] == start
    looked_at = canvas(page, "picture")
    page.mouse.click(*at)
    settled(page)
    z = position(page)["point"]["z"]
    np.testing.assert_allclose(z, [0.5 * 3 * 17 / 16, 0.5 * 3 * 17 / 16], atol=0.05)
    np.testing.assert_array_equal(canvas(page, "picture"), by_the_core(place, page))
    np.testing.assert_allclose(canvas(page, "picture").astype(int), looked_at, atol=3)  # a click has whole pixels
    expect(page.locator("[data-role=map-legend] span")).to_have_count(11)  # ten classes, and where they come from
    page.locator("[data-role=map-step]").fill("0")
    expect(page.locator("[data-role=map-step-shown]")).to_have_text("4")
    page.locator("[data-role=map]").scroll_into_view_if_needed()
    box = page.locator("[data-role=map]").bounding_box()
    assert box
    page.mouse.move(round(box["x"] + 200), round(box["y"] + 200))
    settled(page)
    looked_at = canvas(page, "picture")
    page.mouse.down()
    page.mouse.up()
    wait_until(page, lambda: position(page)["step"] == 4)  # what was seen was drawn by that step
    settled(page)
    np.testing.assert_array_equal(canvas(page, "picture"), by_the_core(place, page))
    np.testing.assert_allclose(canvas(page, "picture").astype(int), looked_at, atol=3)


def draw_seven(page: Page) -> None:
    page.click("[data-tab=draw]")
    box = page.locator("[data-role=sketch]").bounding_box()
    assert box
    page.mouse.move(box["x"] + 50, box["y"] + 40)
    page.mouse.down()
    page.mouse.move(box["x"] + 150, box["y"] + 40, steps=6)
    page.mouse.move(box["x"] + 90, box["y"] + 170, steps=6)
    page.mouse.up()


def test_a_drawn_digit_is_seen_encoded_and_drawn_again(app: str, page: Page, place: Path) -> None:
    opened(page, app)
    draw_seven(page)
    expect(page.locator("[data-do=draw-take]")).to_be_enabled(timeout=10_000)
    settled(page)
    framed = canvas(page, "framed")
    assert framed.max() > 200 and (framed == 0).mean() > 0.4
    run = Run(place / "runs" / "tiny-vae")
    z, _ = image_search.encode_image(run, None, framed[..., None])
    np.testing.assert_array_equal(
        canvas(page, "rebuilt"), session.decode_points(run, None, session.parse_points([{"z": z}]))[0, ..., 0]
    )
    page.click("[data-do=draw-take]")
    settled(page)
    np.testing.assert_array_equal(canvas(page, "picture"), canvas(page, "rebuilt"))


def test_a_gan_finds_a_drawing_by_searching_and_can_be_told_to_stop(app: str, page: Page) -> None:
    opened(page, app, "style-gan")
    draw_seven(page)
    page.click("[data-do=draw-search]")
    page.get_by_role("button", name="Cancel").click()
    expect(page.locator("[data-role=draw-job] .bar")).to_have_count(0, timeout=10_000)
    page.click("[data-do=draw-search]")
    expect(page.locator("[data-role=draw-job] .bar")).to_have_count(0, timeout=60_000)
    expect(page.locator("[data-do=draw-take]")).to_be_enabled()
    page.click("[data-do=draw-search]")
    expect(page.locator("[data-role=draw-job] .bar")).to_have_count(1)
    page.click("[data-do=draw-clear]")
    expect(page.locator("[data-role=draw-job] .bar")).to_have_count(0, timeout=2_000)
    settled(page)
    assert not canvas(page, "rebuilt").any()
    expect(page.locator("[data-do=draw-take]")).to_be_disabled()


def test_what_is_no_picture_gets_a_sentence(app: str, page: Page) -> None:
    opened(page, app)
    page.click("[data-tab=draw]")
    for name, content in (("a.png", b"no picture"), ("b.png", provenance.png(np.zeros((9, 9, 1), np.uint8))[:40])):
        page.locator("[data-role=draw-file]").set_input_files(
            {"name": name, "mimeType": "image/png", "buffer": content}
        )
        expect(page.locator("[data-role=message]")).to_contain_text("no picture", timeout=10_000)
        page.evaluate("document.querySelector('[data-role=message]').textContent = ''")
    for role in ("draw-file", "open-file"):
        page.locator(f"[data-role={role}]").set_input_files({"name": "d.png", "mimeType": "image/png", "buffer": b""})
        expect(page.locator("[data-role=message]")).to_contain_text("empty")
        page.evaluate("document.querySelector('[data-role=message]').textContent = ''")
    page.locator("[data-role=open-file]").set_input_files(
        {"name": "c.png", "mimeType": "image/png", "buffer": provenance.png(np.zeros((9, 9, 1), np.uint8))}
    )
    expect(page.locator("[data-role=message]")).to_contain_text("no recipe", timeout=10_000)


def test_a_saved_picture_brings_the_sliders_back(app: str, page: Page) -> None:
    opened(page, app, "style-gan")
    page.get_by_role("button", name="7", exact=True).click()
    settled(page)
    assert position(page)["seed"] == 0  # the same code, of another class
    with page.expect_download() as download:
        page.click("[data-do=save]")
    content = Path(download.value.path()).read_bytes()
    saved, picture = position(page)["point"], canvas(page, "picture")
    with Image.open(io.BytesIO(content)) as file:
        assert file.height > file.width  # the label strip
        np.testing.assert_array_equal(np.asarray(file)[8:448:16, 8::16], picture)
    opened(page, app, "tiny-vae")
    page.locator("[data-role=open-file]").set_input_files({"name": "x.png", "mimeType": "image/png", "buffer": content})
    wait_until(page, lambda: position(page)["run"] == "style-gan" and position(page)["point"] == saved)
    settled(page)
    np.testing.assert_array_equal(canvas(page, "picture"), picture)


def moved(page: Page, before: list[float]) -> bool:
    return bool(position(page)["point"]["z"] != before)


def test_a_journey_is_dragged_along_and_saved_as_a_film(app: str, page: Page) -> None:
    opened(page, app)
    for _ in range(3):
        page.click("[data-do=keep]")
        before = position(page)["point"]["z"]
        page.click("[data-do=dice]")
        wait_until(page, partial(moved, page, before))
        settled(page)
    page.click("[data-tab=journey]")
    page.click("[data-do=journey-shelf]")
    start = position(page)["point"]["z"]
    for place, thumb in ((0, 0), (0.5, 1), (1, 2)):
        page.locator("[data-role=journey-part]").fill(str(place))
        settled(page)
        shown = page.evaluate(
            """number => { const canvas = document.querySelectorAll('[data-role=stops] canvas')[number];
            const { data } = canvas.getContext("2d").getImageData(0, 0, 28, 28);
            return Array.from(data).filter((_, i) => i % 4 === 0); }""",
            thumb,
        )
        np.testing.assert_array_equal(canvas(page, "picture").ravel(), shown)
    for _ in range(3):
        page.click("[data-do=undo]")
    assert position(page)["point"]["z"] == start
    page.fill("[data-role=journey-seconds]", "1")
    with page.expect_download() as download:
        page.click("[data-save=gif]")
    with Image.open(download.value.path()) as film:
        assert film.format == "GIF" and film.n_frames > 10  # type: ignore[attr-defined]
    page.fill("[data-role=journey-seconds]", "99")
    page.click("[data-save=mp4]")
    expect(page.locator("[data-role=message]")).to_contain_text("0.5 to 30 seconds")


def test_pictures_add_up_and_styles_mix(app: str, page: Page, place: Path) -> None:
    opened(page, app, "style-gan")
    page.click("[data-tab=mix]")
    for slot in "abc":
        page.click(f'[data-slot="{slot}"]')
    expect(page.locator("[data-do=mix-take]")).to_be_enabled(timeout=10_000)
    settled(page)
    np.testing.assert_array_equal(canvas(page, "sum"), canvas(page, "picture"))  # a − a + a
    page.click('[data-slot="style"]')
    page.click("[data-do=dice]")
    settled(page)
    page.locator("[data-role=mix-from]").fill("0")
    settled(page)
    assert position(page)["point"]["other"] is not None
    np.testing.assert_array_equal(canvas(page, "picture"), by_the_core(place, page))
    before = position(page)["point"]
    page.reload()  # goes on where it was, the second picture in its place
    expect(page.locator("[data-slot=style] canvas")).to_be_visible(timeout=20_000)
    assert position(page)["point"] == before
    page.click("[data-do=mix-off]")
    expect(page.locator("[data-slot=style] canvas")).to_have_count(0)
    page.click("[data-do=undo]")
    expect(page.locator("[data-slot=style] canvas")).to_be_visible()


def test_a_hidden_part_is_filled_in(app: str, page: Page) -> None:
    opened(page, app)
    before = canvas(page, "picture")
    page.click("[data-tab=repair]")
    page.click("[data-do=repair-fill]")
    expect(page.locator("[data-role=message]")).to_contain_text("Paint over")
    box = page.locator("[data-role=hide]").bounding_box()
    assert box
    page.mouse.move(box["x"] + 10, box["y"] + 150)
    page.mouse.down()
    page.mouse.move(box["x"] + 190, box["y"] + 150, steps=5)
    page.mouse.up()
    page.click("[data-do=repair-fill]")
    wait_until(page, lambda: np.array_equal(canvas(page, "repair-done")[:14], before[:14]))  # what is seen stays
    assert not np.array_equal(canvas(page, "repair-done"), canvas(page, "repair-seen"))
    hidden = canvas(page, "repair-seen") == 110
    assert hidden.sum() > 50
    painted = canvas(page, "hide") != before.repeat(10, 0).repeat(10, 1)
    assert hidden[painted.reshape(28, 10, 28, 10).any((1, 3))].all()  # the stroke's soft edge, too


def test_a_picture_is_compared_with_what_was_learned(app: str, page: Page) -> None:
    opened(page, app)
    page.click("[data-do=new]")
    expect(page.locator("[data-role=verdict]")).to_contain_text("usual for unseen pictures", timeout=30_000)
    expect(page.locator("[data-role=neighbours] canvas")).to_have_count(5)


def test_chinese_is_complete_and_lasts_from_page_to_page(app: str, page: Page) -> None:
    opened(page, app)
    page.fill("[data-role=seed]", "5")
    page.locator("[data-role=seed]").press("Tab")
    wait_until(page, lambda: position(page)["seed"] == 5)
    settled(page)
    page.click("[data-do=keep]")
    page.locator("[data-role=truncation]").fill("0.5")
    before = position(page)["point"]
    page.get_by_role("button", name="中文").click()
    expect(page.get_by_role("tab", name="滑块")).to_be_visible(timeout=30_000)
    expect(page.locator("[data-role=shelf] canvas")).to_have_count(1, timeout=20_000)
    assert position(page)["point"] == before and position(page)["seed"] == 5
    words = page.locator("#latent").inner_text()
    assert "latent." not in words and "sliders." not in words
    for english in ("Model", "Sliders", "Seed", "Shelf", "Found", "Save", "dice"):
        assert english not in words
    page.get_by_role("link", name="训练").click()
    expect(page.locator("#start")).to_have_text("开始训练", timeout=30_000)
    page.get_by_role("link", name="潜空间").click()
    expect(page.get_by_role("tab", name="滑块")).to_be_visible(timeout=30_000)


def test_a_link_opens_the_very_picture_and_a_bad_one_a_sentence(app: str, page: Page, browser: Browser) -> None:
    opened(page, app, "style-gan")
    page.click("[data-do=share]")
    page.wait_for_function("location.search.includes('at=')")
    link, picture = page.url, canvas(page, "picture")
    with strict_page(browser) as other:
        other.goto(link)
        wait_until(
            other, lambda: other.evaluate("document.querySelector('.aigc-latent')?.position?.().picture != null")
        )
        np.testing.assert_allclose(canvas(other, "picture").astype(int), picture, atol=2)  # z to three places
    for bad in ("?run=gone", "?run=../../x", "?run=tiny-vae&step=77", "?run=tiny-vae&at=bm90aGluZw=="):
        with strict_page(browser) as other:
            other.goto(app + bad)
            wait_until(
                other, lambda: other.evaluate("document.querySelector('.aigc-latent')?.position?.().picture != null")
            )
    code = base64.b64encode(json.dumps({"z": [0, 0], "mix_from": 900}).encode()).decode()
    opened(page, app, more=f"&at={code}")
    expect(page.locator("[data-role=message]")).to_contain_text("does not fit")
    page.click("[data-do=dice]")
    expect(page.locator("[data-role=message]")).to_have_text("")


def test_on_a_phone_sentences_and_explanations_are_in_sight(app: str, browser: Browser) -> None:
    with strict_page(browser, viewport={"width": 390, "height": 844}, has_touch=True, is_mobile=True) as page:
        opened(page, app)
        page.locator('[data-direction="raw-1"] input[type=range]').scroll_into_view_if_needed()
        for width in page.evaluate(
            "[...document.querySelectorAll('.slider input[type=range]')].map(one => one.offsetWidth).filter(Boolean)"
        ):
            assert width >= 110
        page.evaluate("scrollTo(0, document.documentElement.scrollHeight)")
        page.evaluate(  # from where one is
            """() => { const seed = document.querySelector("[data-role=seed]");
            seed.value = -1; seed.dispatchEvent(new Event("change")); }"""
        )
        expect(page.locator("[data-role=message]")).to_contain_text("whole number")
        for role in ("message", "picture"):
            expect(page.locator(f"[data-role={role}]")).to_be_in_viewport(ratio=0.5)
        for mark in page.locator(".q").all():
            if not mark.is_visible():
                continue
            mark.focus()
            left, right, bottom = mark.evaluate(
                """one => { const { position, left, right, bottom } = getComputedStyle(one, "::after");
                return position === "fixed" ? [left, right, bottom].map(parseFloat) : [-1, -1, -1]; }"""
            )
            assert min(left, right, bottom) >= 0
        assert page.locator(".tabs .q").is_visible()  # what a mouse reads in the titles


def test_a_run_deleted_meanwhile_is_a_sentence(app: str, page: Page, place: Path) -> None:
    shutil.copytree(place / "runs" / "tiny-vae", place / "runs" / "gone-soon")
    opened(page, app, "gone-soon")
    shutil.rmtree(place / "runs" / "gone-soon")
    page.click("[data-do=dice]")
    expect(page.locator("[data-role=message]")).to_contain_text("no run", timeout=10_000)
    page.locator("[data-role=models]").select_option("tiny-vae")
    wait_until(page, lambda: position(page)["run"] == "tiny-vae")
    page.locator("[data-role=models]").evaluate(  # chosen in the moment before the list knows
        "one => { one.add(new Option('gone-soon', 'gone-soon')); one.value = 'gone-soon'; "
        "one.dispatchEvent(new Event('change', { bubbles: true })); }"
    )
    expect(page.locator("[data-role=message]")).to_contain_text("no run", timeout=10_000)
    expect(page.locator("[data-role=models]")).to_have_value("tiny-vae")


def test_thirty_people_at_once_each_get_their_own_picture(app: str, page: Page, place: Path) -> None:
    asked: list[dict[str, Any]] = []

    def noted(request: Request) -> None:
        if "component_server" in request.url and request.post_data_json:
            asked.append(request.post_data_json)

    page.on("request", noted)
    opened(page, app)
    template = next(one for one in asked if one["fn_name"] == "draw")
    address = app.removesuffix("latent") + "gradio_api/component_server"
    run = Run(place / "runs" / "tiny-vae")

    def move(client: int) -> list[float]:
        random, times = np.random.default_rng(client), []
        for _ in range(10):
            z = random.normal(size=2).round(3).tolist()
            data = {"run": "tiny-vae", "step": None, "points": [{"z": z}]}
            body = json.dumps(template | {"data": data, "session_hash": f"client{client}"}).encode()
            request = urllib.request.Request(address, body, {"Content-Type": "application/json"})
            start = time.perf_counter()
            with urllib.request.urlopen(request, timeout=30) as answer:
                value = json.load(answer)
            times.append(time.perf_counter() - start)
            assert value["ok"], value
        made = np.frombuffer(base64.b64decode(value["value"]["pixels"]), np.uint8).reshape(28, 28, 1)
        np.testing.assert_array_equal(made, session.decode_points(run, None, session.parse_points([{"z": z}]))[0])
        return times

    with ThreadPoolExecutor(30) as clients:
        times = [one for client in clients.map(move, range(30)) for one in client]
    assert len(times) == 300


def test_nothing_of_the_model_before_stays(app: str, page: Page) -> None:
    opened(page, app)
    page.click("[data-tab=map]")
    wait_until(page, lambda: canvas(page, "map").any())
    late, drawn = held(page, "plane", "style-gan"), held(page, "draw", "style-gan")
    page.select_option("[data-role=models]", "style-gan")
    wait_until(page, lambda: position(page)["run"] == "style-gan")
    wait_until(page, lambda: late and drawn)
    assert not canvas(page, "map").any() and not canvas(page, "picture").any()
    assert page.locator("[data-role=map-legend]").text_content() == ""
    page.select_option("[data-role=models]", "tiny-vae")
    wait_until(page, lambda: position(page)["run"] == "tiny-vae" and position(page)["picture"] is not None)
    before = position(page)
    for route in [*late, *drawn]:  # nobody has waited for these
        route.fulfill(status=500, body="")
    page.wait_for_timeout(500)
    assert position(page) == before and page.locator(".message").text_content() == ""
