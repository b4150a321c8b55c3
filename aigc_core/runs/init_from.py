"""Going on from another run: found by its folder or name, checked, and handed to a family."""

from aigc_core.families.base import TrainedRun
from aigc_core.runs.checkpoint import best_step, empty_for_use, load_network
from aigc_core.runs.listing import open_run


def open_trained(reference: str) -> TrainedRun:
    """The run in a folder, or of a name, for whoever goes on from its best weights.

    Raises:
        RunError: none, or several. AigcError: it cannot be read.
    """
    run = open_run(reference)

    def check() -> None:
        empty_for_use(run, best_step(run))

    return TrainedRun(
        name=run.name,
        config=run.config(),
        info=run.dataset_info(),
        check=check,
        weights=lambda network: load_network(run, network),
    )
