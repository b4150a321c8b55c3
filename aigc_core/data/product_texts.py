"""Short product texts from templates of our own: what shops fill in by the thousand, and a model may imitate."""

import re

import numpy as np

LONGEST = 220  # characters; no text is longer
SENTENCES: tuple[tuple[str, ...], ...] = (
    (
        "Meet the {colour} {thing}, made for {who}.",
        "The {colour} {thing} is here at last.",
        "This {colour} {thing} was made for {who}.",
    ),
    (
        "It is {first} and {second}, and it lasts for years.",
        "You will love how {first} it is, and how {second}.",
        "So {first}, so {second}, and always at hand.",
    ),
    (
        "Take it home today.",
        "Once you have it, you will never let it go.",
        "A small gift that says a lot.",
    ),
)
WORDS: dict[str, tuple[str, ...]] = {
    "colour": ("red", "blue", "green", "golden", "silver", "white"),
    "thing": ("lamp", "kettle", "blanket", "clock", "basket", "kite"),
    "who": ("small rooms", "long evenings", "busy families", "cold mornings", "old friends"),
    "first": ("soft", "light", "warm", "strong", "simple", "bright"),
    "second": ("easy to hold", "kind to the eye", "quick to clean", "a joy to give", "ready in a moment"),
}


def texts(count: int, seed: int) -> list[str]:
    """So many texts, each drawn by itself."""
    random = np.random.default_rng(seed)
    found = []
    for _ in range(count):
        words = {name: str(random.choice(options)) for name, options in WORDS.items()}
        found.append(" ".join(str(random.choice(options)) for options in SENTENCES).format(**words))
    return found


def possible(text: str) -> bool:
    """Whether the templates can make this text."""
    return bool(_EVERY.fullmatch(text.strip()))


def _pattern() -> re.Pattern[str]:
    """All texts as one expression; a word that comes twice may differ, which no template here lets happen."""
    sentences = []
    for options in SENTENCES:
        written = []
        for option in options:
            parts = [
                f"(?:{'|'.join(map(re.escape, WORDS[part]))})" if place % 2 else re.escape(part)
                for place, part in enumerate(re.split(r"{(\w+)}", option))
            ]
            written.append("".join(parts))
        sentences.append(f"(?:{'|'.join(written)})")
    return re.compile(" ".join(sentences))


_EVERY = _pattern()
