"""A page that is one widget of ours: HTML, scripts, and the server functions that they ask."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import gradio as gr

STATIC = Path(__file__).parent / "static"


def widget(name: str, scripts: tuple[str, ...], server_functions: list[Callable[..., Any]]) -> None:
    """Draw `static/<name>/page.html` into the Blocks that are open.

    Args:
        scripts: files of that folder in the order they build up; `static/widgets.js` comes before them.
    """
    folder = STATIC / name
    files = [STATIC / "widgets.js", *(folder / f"{one}.js" for one in scripts)]
    gr.HTML(
        "",
        elem_id=name,
        html_template=(folder / "page.html").read_text(encoding="utf-8"),
        js_on_load="\n".join(one.read_text(encoding="utf-8") for one in files),
        server_functions=server_functions,
        apply_default_css=False,
    )
