"""How closely the picture of the Latent page follows the hand. Needs Chromium; prints a table.

    python benchmarks/latent.py            # or --quick, --model NAME, --clients 30

One browser: the time from a slider's event until its picture is drawn, and pictures a second while dragging at
60 Hz. Then many clients at once, each asking as its page would (the next position when the last one is drawn).
"""

import argparse
import base64
import json
import os
import platform
import shutil
import statistics
import sys
import tempfile
import time
import urllib.request
from concurrent.futures import ThreadPoolExecutor
from importlib.metadata import version
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from playwright.sync_api import Page, Request, sync_playwright

from aigc_core.inference.latent import session
from aigc_core.runs.listing import run_named
from tests.helpers.browser import CHROMIUM, QUIET
from tests.helpers.servers import serving

LATENCY = """async (count) => {
  const root = document.querySelector(".aigc-latent"), slider = document.querySelector(".slider input[type=range]");
  const drawn = () => new Promise((resolve) => root.addEventListener("drawn", resolve, { once: true }));
  const times = [];
  for (let i = 0; i < count; i++) {
    slider.value = 3 * Math.sin(i);
    const start = performance.now(), done = drawn();
    slider.dispatchEvent(new Event("input"));
    await done;
    times.push(performance.now() - start);
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
  return times;
}"""
DRAG = """async (seconds) => {
  const root = document.querySelector(".aigc-latent"), slider = document.querySelector(".slider input[type=range]");
  let pictures = 0;
  const count = () => { pictures += 1; };
  root.addEventListener("drawn", count);
  const start = performance.now();
  let events = 0;
  while (performance.now() - start < 1000 * seconds) {
    slider.value = 3 * Math.sin((performance.now() - start) / 300);
    slider.dispatchEvent(new Event("input"));
    events += 1;
    await new Promise((resolve) => setTimeout(resolve, Math.max(0, start + events * 1000 / 60 - performance.now())));
  }
  root.removeEventListener("drawn", count);
  return [events / seconds, pictures / seconds];
}"""


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--model", default="gan-mnist", help="a run, by its name")
    parser.add_argument("--clients", type=int, default=30)
    parser.add_argument("--quick", action="store_true")
    given = parser.parse_args()
    rounds, seconds = (1, 2.0) if given.quick else (5, 5.0)
    print(f"{platform.processor() or platform.machine()}, {os.cpu_count()} cores; "
          + ", ".join(f"{name} {version(name)}" for name in ("torch", "gradio")))  # fmt: skip
    print(f"command: python {' '.join(sys.argv)}")
    place = Path(tempfile.mkdtemp())
    try:
        with serving(place) as address, sync_playwright() as playwright:
            browser = playwright.chromium.launch(executable_path=CHROMIUM, args=QUIET)
            page = browser.new_page()
            asked: list[dict[str, Any]] = []

            def noted(request: Request) -> None:
                if "component_server" in request.url and request.post_data_json:
                    asked.append(request.post_data_json)

            page.on("request", noted)
            page.goto(f"{address}latent?run={given.model}")
            page.wait_for_function("document.querySelector('.aigc-latent')?.position?.().picture != null")
            page.wait_for_selector(".slider")
            one_hand(page, rounds, seconds)
            position = page.evaluate("document.querySelector('.aigc-latent').position()")
            template = next(one for one in asked if one["fn_name"] == "draw")
            browser.close()  # its processes would share the cores with the server
            many_hands(address, template, position, given.clients, 2 * seconds)
    finally:
        shutil.rmtree(place, ignore_errors=True)


def one_hand(page: Page, rounds: int, seconds: float) -> None:
    page.evaluate(LATENCY, 30)
    times, drags = [], []
    for _ in range(rounds):
        times.append(sorted(page.evaluate(LATENCY, 200)))
        drags.append(page.evaluate(DRAG, seconds))
    for name, share in (("p50", 0.5), ("p95", 0.95)):
        of_rounds = [one[int(share * len(one))] for one in times]
        print(f"slider event to picture, {name}: {statistics.median(of_rounds):.1f} ms "
              f"(rounds: {', '.join(f'{one:.1f}' for one in of_rounds)})")  # fmt: skip
    print(f"pictures a second while dragging: {statistics.median(one[1] for one in drags):.1f} "
          f"(rounds: {', '.join(f'{one[1]:.1f}' for one in drags)}; events a second: {drags[0][0]:.1f})")  # fmt: skip


def many_hands(address: str, template: dict[str, Any], position: dict[str, Any], clients: int, seconds: float) -> None:
    """Each client in a thread; its last answer must be the picture that the core computes for its last position."""
    url = f"{address}gradio_api/component_server"

    def ask(client: int, point: dict[str, Any]) -> Any:
        data = {"run": position["run"], "step": position["step"], "points": [point]}
        body = json.dumps(template | {"data": data, "session_hash": f"client{client}"}).encode()
        request = urllib.request.Request(url, body, {"Content-Type": "application/json"})
        with urllib.request.urlopen(request, timeout=60) as answer:
            return json.load(answer)

    def move(client: int) -> tuple[list[float], int, bytes, dict[str, Any]]:
        times: list[float] = []
        errors, number, last, point = 0, 0, {}, position["point"]
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            number += 1
            point = position["point"] | {"z": [value + 0.01 * number for value in position["point"]["z"]]}
            start = time.perf_counter()
            last = ask(client, point)
            times.append(time.perf_counter() - start)
            errors += not last["ok"]
        return times, errors, base64.b64decode(last["value"]["pixels"]), point

    with ThreadPoolExecutor(clients) as pool:
        found = list(pool.map(move, range(clients)))
    times = sorted(one for client, *_ in found for one in client)
    run = run_named(position["run"])
    right = all(
        session.decode_points(run, position["step"], session.parse_points([point])).tobytes() == shown
        for *_, shown, point in found
    )
    print(f"{clients} clients at once: {len(times) / seconds:.0f} pictures a second, "
          f"p50 {1000 * times[len(times) // 2]:.0f} ms, p95 {1000 * times[int(0.95 * len(times))]:.0f} ms, "
          f"errors {sum(errors for _, errors, *_ in found)}, "
          f"last position shown to each: {right}")  # fmt: skip


if __name__ == "__main__":
    main()
