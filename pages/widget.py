"""A part of a page that is a widget of ours: HTML, a module, and the server functions that it asks."""

from collections.abc import Callable, Sequence
from typing import Any

import gradio as gr

from pages.modules import STATIC
from pages.scripts import loader


def widget(
    name: str, server_functions: Sequence[Callable[..., Any]] = (), *, elem_id: str | None = None, given: Any = ()
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
