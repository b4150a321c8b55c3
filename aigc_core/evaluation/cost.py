"""What a training and a thousand generations cost: seconds and joules."""

from typing import Any

from aigc_core.runs.run import Run


def cost(run: Run) -> dict[str, Any]:
    """The run's cost card: `train_s`, `train_j` (joules, `how` known), and of a thousand generations `use_s`, `use_j`;
    a generation is a picture, or a text of 200 tokens."""
    from aigc_core.common import energy
    from aigc_core.common.device import card_of, device_of
    from aigc_core.families.causal_lm import TextRequest
    from aigc_core.families.image import ImageRequest
    from aigc_core.inference import model_cache

    status, makes = run.status(), run.config().makes
    card = card_of(device_of(model_cache.load(run).family.networks).type)

    def generate() -> int:
        if makes == "text":
            for _ in model_cache.text(run, TextRequest(max_new_tokens=COST_TOKENS)):
                pass
            return 1
        return len(model_cache.pictures(run, ImageRequest(count=COST_PICTURES, seed=0)))

    made = generate()  # once unmeasured, so that nothing is loaded meanwhile
    seconds, joules = energy.timed(generate, card)
    return {
        "train_s": status.elapsed_s,
        "train_j": status.energy_j,
        "how": status.energy_how,
        "use_s": 1000 * seconds / made,
        "use_j": 1000 * joules / made,
    }


COST_PICTURES = 256


COST_TOKENS = 200
