"""What every page shares: title, language switch, look, and how the app is served."""

import json
import sys
from pathlib import Path
from typing import Any

import gradio as gr
from starlette.middleware import Middleware
from starlette.middleware.gzip import GZipMiddleware

from aigc_core.common.errors import AigcError, disk_in_words
from aigc_core.serving.api import classroom as class_api
from aigc_core.serving.api import latent as space
from pages import basics, classroom, compare, lab, latent, publish, text, train, useful
from pages.auth import AuthMiddleware
from pages.gradio_patches import guarded, poll_rarely, without_servers
from pages.guard import Guard
from pages.i18n import LanguageScript, translations

STATIC = Path(__file__).parent / "static"
FONTS = ["system-ui", "-apple-system", "Segoe UI", "PingFang SC", "Microsoft YaHei", "Noto Sans CJK SC", "sans-serif"]
OTHERS: dict[str, Any] = {
    "latent": latent, "text": text, "lab": lab, "basics": basics, "compare": compare, "useful": useful,
    "publish": publish, "classroom": classroom,
}  # fmt: skip
PAGES = {"train": "", **{name: name for name in OTHERS}}  # each page's place in the address
LONG = 20_000  # bytes; what is longer goes compressed: thirty pages at once are a lot for a classroom's Wi-Fi
TOP = """<div class="aigc-top"><h1></h1><nav></nav><p></p><button type="button"></button></div>
<div class="aigc-task" hidden></div>"""
FILL_TOP = """
const [title, nav, about, button] = element.querySelector(".aigc-top").children;
title.textContent = AIGC.say("app.title");
about.textContent = AIGC.say("app.about");
button.textContent = AIGC.say("app.language");
button.addEventListener("click", AIGC.switchLanguage);
for (const [name, path] of Object.entries(PAGES)) {
  const link = document.createElement("a");
  link.textContent = AIGC.say(`page.${name}`);
  link.href = `./${path}`;
  if (location.pathname.split("/").pop() === path) link.setAttribute("aria-current", "page");
  nav.append(link);
}
const task = new URLSearchParams(location.search).get("task"), place = element.querySelector(".aigc-task");
if (task) { place.textContent = task.slice(0, 600); place.hidden = false; }
"""


def build() -> gr.Blocks:
    """All pages; nothing is served yet."""
    class_api.prepare()
    with without_servers():
        with gr.Blocks(title="AIGC Studio", analytics_enabled=False, delete_cache=(600, 3600)) as demo:
            _top()
            train.build(demo)
        for name, page in OTHERS.items():
            with demo.route(name.capitalize(), name):
                _top()
                page.build()
        demo.queue(api_open=False)  # pages alone, so that their limits of concurrency hold
    poll_rarely(demo)
    return demo


def _top() -> None:
    """Title, the way to the other pages, language."""
    fill = f"const PAGES = {json.dumps(PAGES)};{FILL_TOP}"
    gr.HTML("", html_template=TOP, js_on_load=fill, apply_default_css=False)


def launch(demo: gr.Blocks) -> None:
    """Serve until interrupted. Host and port come from Gradio's own `GRADIO_SERVER_NAME` and `…_PORT`."""
    try:
        with disk_in_words():
            code = class_api.on_startup()
    except AigcError as error:
        sys.exit(f"Error: {error}")
    if code:
        print(f"Class: the teacher's code is {code}", flush=True)
    space.warm_up()
    with guarded(Guard):
        demo.launch(
            auth=class_api.is_password_right if class_api.passwords() else None,
            theme=gr.themes.Default(
                primary_hue="blue", font=FONTS, font_mono=["ui-monospace", "Menlo", "Consolas", "monospace"]
            ).set(  # Gradio's own pale greys cannot be read from the back of a room
                block_title_text_color="*neutral_800", block_info_text_color="*neutral_600"
            ),
            css_paths=STATIC / "style.css",
            i18n=translations(),
            app_kwargs={
                "middleware": [
                    Middleware(GZipMiddleware, minimum_size=LONG, compresslevel=4),
                    Middleware(LanguageScript),
                    Middleware(AuthMiddleware),
                ]
            },
            run_history=False,
            ssr_mode=False,
            state_session_capacity=200,
            footer_links=[],
            max_file_size="500mb",
        )
