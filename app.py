"""`gradio app.py` (or `python app.py`): opens the studio in the browser."""

import os

from pages import start

if not os.environ.get("AIGC_RELOAD"):  # the watcher rescans all folders of runs many times a second
    for name in [name for name in os.environ if name.startswith("GRADIO_WATCH")]:
        del os.environ[name]

demo = start.ready()

if __name__ == "__main__":
    from pages.layout import launch

    launch(demo)
