"""What a training and a thousand generations cost: seconds and joules."""

from collections.abc import Callable
from typing import Any

from aigc_core.runs.run import Run

PICTURES = 256  # made at once
TOKENS = 200  # of a text
RESULTS = 16  # of any other kind


def cost(run: Run) -> dict[str, Any]:
    """The run's cost card: `train_s`, `train_j` (joules, `how` known), and of a thousand generations `use_s`, `use_j`;
    a generation is a picture, a text of 200 tokens, or one result of another kind."""
    from aigc_core.common import energy
    from aigc_core.common.device import card_of, device_of
    from aigc_core.inference import model_cache

    status = run.status()
    card = card_of(device_of(model_cache.load(run).family.networks).type)
    generate = _generator(run)
    made = generate()  # once unmeasured, so that nothing is loaded meanwhile
    seconds, joules = energy.timed(generate, card)
    return {
        "train_s": status.elapsed_s,
        "train_j": status.energy_j,
        "how": status.energy_how,
        "use_s": 1000 * seconds / made,
        "use_j": 1000 * joules / made,
    }


def _generator(run: Run) -> Callable[[], int]:
    """What makes some results and says how many."""
    from aigc_core.families.capabilities import ContinuesText, DecodesLatent
    from aigc_core.families.causal_lm import TextRequest
    from aigc_core.families.image import ImageRequest
    from aigc_core.inference import model_cache

    def text() -> int:
        for _ in model_cache.text(run, TextRequest(max_new_tokens=TOKENS)):
            pass
        return 1

    match model_cache.load(run).family:
        case ContinuesText():
            return text
        case DecodesLatent():
            return lambda: len(model_cache.pictures(run, ImageRequest(count=PICTURES, seed=0)))
        case _:
            return lambda: len(model_cache.make(run, RESULTS, seed=0))
