"""A part of a page that is a widget of ours: HTML, a module, and the server functions that it asks."""

from collections.abc import Sequence

import gradio as gr

from pages.modules import STATIC
from pages.scripts import loader
from pages.server_functions import ServerFunction


def widget(
    name: str,
    server_functions: Sequence[ServerFunction] = (),
    *,
    elem_id: str | None = None,
    given: Sequence[object] = (),
) -> gr.HTML:
    """Draw `static/<name>/page.html` into the Blocks that are open; `static/<name>/page.js` mounts it.

    Args:
        given: values for `mount` after what Gradio gives.
    """
    return gr.HTML(
        "",
        elem_id=elem_id or name,
        html_template=(STATIC / name / "page.html").read_text(encoding="utf-8"),
        js_on_load=loader(name, *given),
        server_functions=list(server_functions),
        apply_default_css=False,
    )
