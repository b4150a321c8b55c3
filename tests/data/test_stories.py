"""The grammar of the stories, whose entropy is known."""

from itertools import product

import numpy as np
import pytest

from aigc_core.data.stories import CHINESE, ENGLISH, GRAMMARS, Grammar, entropy_per_character


def test_the_entropy_of_a_small_grammar_is_that_of_all_its_stories() -> None:
    small = Grammar(
        sentences=({"{a} ran.": 3, "{a} slept.": 1}, {"{b} saw it.": 1, "Nobody came.": 2}),
        blanks={"a": {"Tom": 2, "Mei": 1}, "b": {"A fox": 1, "The wind": 4}},
        glue=" ",
    )
    chance: dict[str, float] = {}
    for (one, p1), (two, p2), (a, pa), (b, pb) in product(
        *(({k: v / sum(d.values()) for k, v in d.items()}).items() for d in (*small.sentences, *small.blanks.values()))
    ):
        story = f"{one} {two}".format(a=a, b=b)
        chance[story] = chance.get(story, 0) + p1 * p2 * pa * pb
    p = np.array(list(chance.values()))
    assert p.sum() == pytest.approx(1)
    assert small.entropy() == pytest.approx(-(p * np.log(p)).sum())
    assert small.mean_length() == pytest.approx(sum(len(story) * q for story, q in chance.items()))


@pytest.mark.parametrize("grammar", [ENGLISH, CHINESE])
def test_different_choices_make_different_stories(grammar: Grammar) -> None:
    """Else the sum of the choices' entropies would be more than the stories' own."""
    stories: dict[str, int] = {}
    random = np.random.default_rng(0)
    for _ in range(3000):
        story = grammar.draw(random)
        stories[story] = stories.get(story, 0) + 1
    lengths = [len(story) for story, n in stories.items() for _ in range(n)]
    assert np.mean(lengths) == pytest.approx(grammar.mean_length(), rel=0.02)
    assert "{" not in "".join(stories)
    for options in (*grammar.sentences, *grammar.blanks.values()):
        assert len(set(options)) == len(options)
        for one, other in product(options, options):
            assert one == other or not other.startswith(one), (one, other)  # no choice begins another


def test_the_least_loss_of_both_languages_lies_between_theirs() -> None:
    low, both, high = (entropy_per_character(name) for name in ("en", "both", "zh"))
    assert 0 < low < both < high < 1
    assert set(GRAMMARS) == {"en", "zh", "both"}
