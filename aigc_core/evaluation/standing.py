"""Which held-out figures stand for a run: the same ones on every page. Importable without torch."""

from typing import Any

from typing_extensions import TypedDict

from aigc_core.evaluation import quality_gate
from aigc_core.runs.run import Run
from aigc_core.runs.status import Status


class Standing(TypedDict):
    """Figures by name, with the `step` of the checkpoint that they are of; `judged`, whether they were measured for the
    verdict, on more examples than during the training."""

    figures: dict[str, Any]
    judged: bool


def standing(run: Run, status: Status) -> Standing:
    """The figures of the verdict, which are those of the best checkpoint, once there is one; until then the newest.

    A run that came along keeps what it was measured by before it was packed.
    """
    judged = quality_gate.judgement(run)
    if judged and judged["figures"]:
        return {"figures": judged["figures"], "judged": True}
    return {"figures": status.figures, "judged": run.shipped}
