"""Short stories in English and Chinese from a grammar of our own, whose exact entropy is known.

A story is a row of sentences. Each sentence is one of several templates; each template has blanks ("{who}")
that are drawn once per story and used again wherever they recur. All draws are independent, so the entropy
of a story is a sum of small entropies, and no model can reach a loss below it.
"""

import math
import re
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from aigc_core.common.progress import ProgressCallback
from aigc_core.data.settings import TextSettings
from aigc_core.data.sources import Text

COUNT = 8000
_SEED = 1_706_037_62
_BLANK = re.compile(r"{(\w+)}")

Weighted = dict[str, float]


@dataclass(frozen=True)
class Grammar:
    """`sentences`: for each place in the story, its templates and their weights; `blanks`: likewise words."""

    sentences: tuple[Weighted, ...]
    blanks: dict[str, Weighted]
    glue: str  # between two sentences

    def draw(self, random: np.random.Generator) -> str:
        """One story."""
        words = {name: _pick(options, random) for name, options in self.blanks.items()}
        return self.glue.join(_pick(options, random).format(**words) for options in self.sentences)

    def entropy(self) -> float:
        """Nats per story: of the templates, and of each blank times the chance that the story uses it."""
        templates = sum(_entropy(options) for options in self.sentences)
        blanks = sum(self._used(name) * _entropy(options) for name, options in self.blanks.items())
        return templates + blanks

    def mean_length(self) -> float:
        """Expected characters per story."""
        word = {name: _mean(options, len) for name, options in self.blanks.items()}

        def length(template: str) -> float:
            return len(_BLANK.sub("", template)) + sum(word[name] for name in _BLANK.findall(template))

        return sum(_mean(options, length) for options in self.sentences) + len(self.glue) * (len(self.sentences) - 1)

    def _used(self, name: str) -> float:
        without = [_mean(options, lambda template: name not in _BLANK.findall(template)) for options in self.sentences]
        return 1 - math.prod(without)


ENGLISH = Grammar(
    sentences=(
        {
            "Once upon a time, a {kind} named {name} lived {place}.": 4,
            "{name} was a {kind} who lived {place}.": 3,
            "There was once a {kind} called {name}, whose home was {place}.": 1,
        },
        {
            "Every {time}, {name} dreamed of {wish}.": 3,
            "One {time}, {name} set out to find {wish}.": 3,
            "More than anything, {name} wanted {wish}, and one {time} the search began.": 2,
        },
        {
            "But {trouble}, and {name} did not know what to do.": 3,
            "Soon {trouble}. {name} sat down and cried.": 2,
            "On the way {trouble}, so {name} had to stop.": 2,
        },
        {"Then {helper} came by and said: “{words}”": 4, "Just then {helper} whispered: “{words}”": 2},
        {
            "Together they tried again, and by nightfall {name} had found {wish}.": 3,
            "{name} thanked the stranger, tried once more, and found {wish} at last.": 2,
            "They never found {wish}, but {name} had found a friend.": 1,
        },
        {"From that day on, {name} was {mood}.": 3, "And {name} was {mood} ever after.": 2},
    ),
    blanks={
        "kind": {"fox": 5, "rabbit": 5, "bear": 4, "mouse": 4, "little owl": 3, "turtle": 3, "young dragon": 2},
        "name": {"Lily": 4, "Max": 4, "Pip": 3, "Rosa": 3, "Tom": 3, "Nora": 2, "Bruno": 2, "Mei": 1},
        "place": {
            "in a quiet forest": 4,
            "by the wide sea": 3,
            "under an old bridge": 2,
            "on top of a hill": 2,
            "behind the village school": 1,
        },
        "time": {"morning": 4, "evening": 3, "winter": 2, "spring": 2, "rainy day": 1},
        "wish": {
            "a red kite": 4,
            "the silver key": 3,
            "a warm blanket": 3,
            "the lost song": 2,
            "a jar of honey": 2,
            "the end of the rainbow": 1,
        },
        "trouble": {
            "a storm came up": 4,
            "the path was gone": 3,
            "the river was too deep": 3,
            "night fell early": 2,
            "a gate stood locked": 1,
        },
        "helper": {"an old crow": 4, "a kind farmer": 3, "a tiny ant": 2, "the wind": 1},
        "words": {
            "Do not give up.": 4,
            "Look behind you.": 2,
            "Two can do what one cannot.": 2,
            "Follow the stars.": 1,
        },
        "mood": {"never alone again": 3, "brave and kind": 3, "the happiest of all": 2},
    },
    glue=" ",
)

CHINESE = Grammar(
    sentences=(
        {
            "从前，有一只叫{name}的{kind}，住在{place}。": 4,
            "{name}是一只{kind}，家在{place}。": 3,
            "很久以前，{place}住着一只{kind}，名叫{name}。": 1,
        },
        {
            "每到{time}，{name}都出门去找{wish}。": 3,
            "一个{time}，{name}出发去找{wish}。": 3,
            "{name}最想要的是{wish}，于是在一个{time}上路了。": 2,
        },
        {
            "可是{trouble}，{name}不知道怎么办。": 3,
            "没走多远，{trouble}，{name}坐在地上哭了起来。": 2,
            "半路上，{trouble}，{name}只好停下来。": 2,
        },
        {"这时，{helper}来到{name}身边说：“{words}”": 4, "忽然，{helper}轻声说：“{words}”": 2},
        {
            "{name}和新朋友一起又试了一次，这回找到了{wish}。": 3,
            "{name}道了谢，又试了一次，终于找到了{wish}。": 2,
            "最后没有找到{wish}，但是{name}有了一个朋友。": 1,
        },
        {"从那天起，{name}{mood}。": 3, "就这样，{name}{mood}。": 2},
    ),
    blanks={
        "kind": {"狐狸": 5, "兔子": 5, "小熊": 4, "老鼠": 4, "猫头鹰": 3, "乌龟": 3, "小恐龙": 2},
        "name": {"莉莉": 4, "小明": 4, "皮皮": 3, "阿花": 3, "豆豆": 3, "诺诺": 2, "大宝": 2, "小梅": 1},
        "place": {"安静的森林里": 4, "大海边": 3, "老桥下": 2, "山顶上": 2, "村里学校的后面": 1},
        "time": {"早晨": 4, "傍晚": 3, "冬日": 2, "春日": 2, "下雨天": 1},
        "wish": {"红色的风筝": 4, "银色的钥匙": 3, "暖和的毯子": 3, "失传的歌": 2, "甜甜的蜂蜜": 2, "彩虹的尽头": 1},
        "trouble": {
            "刮起了大风": 4,
            "小路不见了": 3,
            "一条深深的河挡住了去路": 3,
            "天一下子黑了": 2,
            "一扇锁着的大门挡住了去路": 1,
        },
        "helper": {"一只老乌鸦": 4, "一位好心的农夫": 3, "一只小蚂蚁": 2, "一阵风": 1},
        "words": {"不要放弃。": 4, "看看你的身后。": 2, "一个做不到的事，两个一起就能做到。": 2, "跟着星星走。": 1},
        "mood": {"再也不孤单了": 3, "变得又勇敢又善良": 3, "变得比谁都快乐": 2},
    },
    glue="",
)

GRAMMARS = {"en": (ENGLISH,), "zh": (CHINESE,), "both": (ENGLISH, CHINESE)}


def stories(config: TextSettings, progress: ProgressCallback) -> Text:
    """The same stories every time; `config.language` is ``"en"``, ``"zh"`` or ``"both"`` (half and half)."""
    random = np.random.default_rng(_SEED)
    grammars = GRAMMARS[config.language]
    return Text([grammars[random.integers(len(grammars))].draw(random) for _ in range(COUNT)])


def entropy_per_character(language: str) -> float:
    """The least loss possible on these stories, in nats a character, the blank line after each included.

    By the renewal theorem this is the entropy of a story over its expected length; the coin that chooses the
    language counts too.
    """
    grammars = GRAMMARS[language]
    nats = sum(grammar.entropy() for grammar in grammars) / len(grammars) + math.log(len(grammars))
    length = sum(grammar.mean_length() for grammar in grammars) / len(grammars) + len("\n\n")
    return nats / length


def _pick(options: Weighted, random: np.random.Generator) -> str:
    place = random.random() * sum(options.values())
    for text, weight in options.items():
        place -= weight
        if place < 0:
            return text
    raise AssertionError("the weights do not add up")


def _entropy(options: Weighted) -> float:
    total = sum(options.values())
    return -sum(weight / total * math.log(weight / total) for weight in options.values())


def _mean(options: Weighted, value: Callable[[str], float]) -> float:
    return sum(weight * value(text) for text, weight in options.items()) / sum(options.values())
