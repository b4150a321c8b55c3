"""For mkdocs.yml: within the Chinese site, a page in Chinese has the name of the English one."""

import re
from typing import Any


def on_page_markdown(markdown: str, **_: Any) -> str:
    return re.sub(r"\]\(([\w-]+)\.zh\.md", r"](\1.md", markdown)
