"""`streamlit run board.py`: the wall of the classroom, which only looks. `?lang=zh` and `?run=NAME` in the address."""

import json
from pathlib import Path

import streamlit as st

from aigc_core.serving.api import dashboard as dashboard_api
from aigc_core.serving.api.words import words as core_words
from pages.modules import STATIC, in_one_piece

REFRESH_S = 1.5
LOCALE = Path(__file__).parent / "pages" / "locale"
WORDS = ("wall.", "family.", "data.", "state.", "metric.", "figure.", "error.", "gate.ready", "time.", "watch.step")
# Only the wall, from edge to edge.
STYLE = """header, footer { display: none !important }
.block-container { padding: 1rem 2rem !important; max-width: 100% !important }"""

st.set_page_config(page_title="AIGC Studio", layout="wide", initial_sidebar_state="collapsed")


def read(name: str) -> str:
    return (STATIC / "wall" / name).read_text(encoding="utf-8")


@st.cache_data
def words(language: str) -> dict[str, str]:
    """The words of the wall in a language."""
    said: dict[str, str] = json.loads((LOCALE / f"{language}.json").read_text(encoding="utf-8"))
    said |= core_words(language)
    return {key: text for key, text in said.items() if key.startswith(WORDS)}


def language() -> str:
    asked = st.query_params.get("lang") or (st.context.locale or "")
    return "zh" if asked.lower().startswith("zh") else "en"


board = st.components.v2.component(
    "wall", html=read("page.html"), css=read("style.css"), js=in_one_piece("wall/page.js")
)


@st.fragment(run_every=REFRESH_S)
def look() -> None:
    """Everything anew; the run that somebody clicked stays large."""
    kept: dict[str, str] = st.session_state.get("wall", {})
    chosen = kept.get("chosen") or st.query_params.get("run") or ""
    data = dashboard_api.snapshot(chosen) | {"words": words(language()), "language": language()}
    board(data=data, key="wall", on_chosen_change=lambda: None)


def page() -> None:
    st.html(f"<style>{STYLE}</style>")
    look()


# With a navigation of its own Streamlit does not take the folder `pages` for one.
st.navigation([st.Page(page, title="AIGC Studio")], position="hidden").run()
