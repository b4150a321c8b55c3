"""`gradio app.py` (or `python app.py`): opens the studio in the browser."""

import os

if not os.environ.get("AIGC_RELOAD"):  # the watcher rescans all folders of runs many times a second
    for name in [name for name in os.environ if name.startswith("GRADIO_WATCH")]:
        del os.environ[name]
os.environ.setdefault("GRADIO_ANALYTICS_ENABLED", "False")

from pages.gradio_patches import without_stubs

with without_stubs():
    from pages.layout import build, launch

demo = build()

if __name__ == "__main__":
    launch(demo)
