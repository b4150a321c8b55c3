"""What every page shares: title, language switch, look, and how the app is served."""

import sys
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
from pages.i18n import translations
from pages.modules import STATIC
from pages.scripts import Scripts
from pages.widget import widget

FONTS = ["system-ui", "-apple-system", "Segoe UI", "PingFang SC", "Microsoft YaHei", "Noto Sans CJK SC", "sans-serif"]
OTHERS: dict[str, Any] = {
    "latent": latent, "text": text, "lab": lab, "basics": basics, "compare": compare, "useful": useful,
    "publish": publish, "classroom": classroom,
}  # fmt: skip
PAGES = {"train": "", **{name: name for name in OTHERS}}  # each page's place in the address
LONG = 20_000  # bytes; what is longer goes compressed: thirty pages at once are a lot for a classroom's Wi-Fi
# The modules that each page needs, by its place in the address; whoever has not joined sees the door.
MODULES = {path: ["top/page.js", f"{name}/page.js"] for name, path in PAGES.items()} | {"join": ["join/page.js"]}


def build() -> gr.Blocks:
    """All pages; nothing is served yet."""
    class_api.prepare()
    with without_servers():
        with gr.Blocks(title="AIGC Studio", analytics_enabled=False, delete_cache=(600, 3600)) as demo:
            widget("top", given=[PAGES])
            train.build(demo)
        for name, page in OTHERS.items():
            with demo.route(name.capitalize(), name):
                widget("top", given=[PAGES])
                page.build()
        demo.queue(api_open=False)  # pages alone, so that their limits of concurrency hold
    poll_rarely(demo)
    return demo


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
                block_title_text_color="*neutral_800",
                block_info_text_color="*neutral_600",
                # Paper, not boxes: a warm ground, hairlines, large radii.
                body_background_fill="#fbfaf7",
                body_background_fill_dark="#14161a",
                border_color_primary="#e7e3da",
                border_color_primary_dark="#32363d",
                block_background_fill="#ffffff",
                block_background_fill_dark="#1c1f25",
                block_radius="16px",
                button_large_radius="12px",
                button_primary_background_fill="#2f5bea",
                button_primary_background_fill_dark="#2f5bea",
            ),
            css_paths=STATIC / "style.css",
            i18n=translations(),
            app_kwargs={
                "middleware": [
                    Middleware(GZipMiddleware, minimum_size=LONG, compresslevel=4),
                    Middleware(Scripts, pages=MODULES),
                    Middleware(AuthMiddleware),
                ]
            },
            run_history=False,
            ssr_mode=False,
            state_session_capacity=200,
            footer_links=[],
            max_file_size="500mb",
        )
