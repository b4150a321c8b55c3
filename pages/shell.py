"""What every page shares: title, language switch, look, and how the app is served."""

from pathlib import Path

import gradio as gr
from starlette.middleware import Middleware

from pages import train
from pages.words import LanguageScript, translations

STATIC = Path(__file__).parent / "static"
FONTS = ["system-ui", "-apple-system", "Segoe UI", "PingFang SC", "Microsoft YaHei", "Noto Sans CJK SC", "sans-serif"]
TOP = """<div class="aigc-top"><h1></h1><p></p><button type="button"></button></div>"""
FILL_TOP = """
const [title, about, button] = element.querySelector(".aigc-top").children;
title.textContent = AIGC.say("app.title");
about.textContent = AIGC.say("app.about");
button.textContent = AIGC.say("app.language");
button.addEventListener("click", AIGC.switchLanguage);
"""


def build() -> gr.Blocks:
    """All pages; nothing is served yet."""
    with gr.Blocks(title="AIGC Studio", analytics_enabled=False, delete_cache=(600, 3600)) as demo:
        gr.HTML("", html_template=TOP, js_on_load=FILL_TOP, apply_default_css=False)
        train.build(demo)
    return demo


def launch(demo: gr.Blocks) -> None:
    """Serve until interrupted. Host and port come from Gradio's own `GRADIO_SERVER_NAME` and `…_PORT`."""
    demo.launch(
        theme=gr.themes.Default(
            primary_hue="blue", font=FONTS, font_mono=["ui-monospace", "Menlo", "Consolas", "monospace"]
        ),
        css_paths=STATIC / "style.css",
        i18n=translations(),
        app_kwargs={"middleware": [Middleware(LanguageScript)]},
        run_history=False,
        ssr_mode=False,
        state_session_capacity=200,
        footer_links=[],
        max_file_size="500mb",
    )
