"""Opens the app: for app.py, and as the command `aigc-studio` of an installed package."""

import os
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import gradio as gr


def ready() -> "gr.Blocks":
    """The app with all its pages, not yet served."""
    os.environ.setdefault("GRADIO_ANALYTICS_ENABLED", "False")
    from pages.gradio_patches import without_stubs

    with without_stubs():
        from pages.layout import build

        return build()


def main() -> None:
    """Serve the app until interrupted."""
    demo = ready()
    from pages.layout import launch

    launch(demo)
