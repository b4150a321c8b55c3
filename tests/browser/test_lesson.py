"""A lesson with two students, each in a browser context of their own; thirty by `python benchmarks/lesson.py`."""

import subprocess
import sys
from pathlib import Path

import pytest
from playwright.sync_api import Browser, expect

from aigc_core.common.paths import PROJECT
from tests.helpers.browser import CHROMIUM, strict_page
from tests.helpers.servers import serving


@pytest.mark.slow
@pytest.mark.browser
@pytest.mark.skipif(not Path(CHROMIUM).exists(), reason=f"{CHROMIUM} is missing: apt-get install chromium")
def test_two_students_get_through_a_lesson() -> None:
    command = [sys.executable, "benchmarks/lesson.py", "--students", "2", "--steps", "20"]
    done = subprocess.run(command, cwd=PROJECT, capture_output=True, text=True, timeout=280, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    for action, count in {"open the lesson's link": 2, "start, until": 2, "a slider": 20, "from start": 2}.items():
        (line,) = (one for one in done.stdout.splitlines() if one.strip().startswith(action))
        assert f" {count} " in line, line
    assert "teacher: open the wall" in done.stdout
    assert "2 models, steps done: 20 to 20" in done.stdout


@pytest.mark.browser
def test_where_the_machine_is_too_slow_a_finished_run_stands_in(browser: Browser, tmp_path: Path) -> None:
    """A million steps within three seconds: no machine is fast enough."""
    with serving(tmp_path) as address, strict_page(browser) as page:
        page.goto(address + "?family=gan&data=digits8&network=mlp&width=8&batch_size=8&steps=1000000&cap=0.05")
        said = "the limit of 0.05 minutes ends the training at about step"
        expect(page.locator("#estimate")).to_contain_text(said, timeout=90_000)
        page.click("#start")
        outlook = page.locator("#watch [data-role=outlook]")
        expect(page.locator("#watch .state")).to_have_text("stopped", timeout=90_000)
        expect(outlook).to_contain_text("The limit of 0.05 minutes ended the training at step")
        expect(page.locator("#watch .notes")).to_contain_text("0.05 minutes that this lesson gives")
        expect(page.locator("#watch [data-role=came]")).to_be_hidden()
        outlook.get_by_role("button").click()
        expect(page.locator("#watch [data-role=came]")).to_have_text("Finished run that came along, not yours")
        expect(page.locator("#watch [data-role=runs] option:checked")).to_contain_text("gan-")
        expect(page.locator("#watch [data-role=runs] option:checked")).to_contain_text("came along")
        expect(outlook).to_be_hidden()
        name = page.locator("#watch [data-role=runs]").input_value()
        page.goto(f"{address}compare?run={name}")
        expect(page.locator(".aigc-compare table")).to_contain_text("Finished run that came along, not yours")
        page.goto(f"{address}latent?run={name}")
        expect(page.locator("#latent [data-role=models] option:checked")).to_contain_text("came along", timeout=60_000)
