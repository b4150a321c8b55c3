"""A run's curves and samples over steps and over seconds of training. Importable without torch."""

from aigc_core.common.jsonl import is_number
from aigc_core.runs.run import Run

COUNTS = ("n", "classes")  # figures of which there is no curve; also what ends in “_n”

Point = tuple[int, float, float]  # step, seconds, value
Sample = tuple[int, float, str]  # step, seconds, file


def history(run: Run) -> tuple[dict[str, list[Point]], list[Sample]]:
    """Curves by name, those of held-out figures as “val:…”, and the samples."""
    curves: dict[str, list[Point]] = {}
    samples: list[Sample] = []
    seconds = 0.0
    for event in run.events()[0]:
        seconds = event.get("seconds", seconds)
        if event["kind"] == "metrics":
            for name, value in event["values"].items():
                if is_number(value):
                    curves.setdefault(name, []).append((event["step"], seconds, value))
        elif event["kind"] == "eval":
            for name, value in event["figures"].items():
                if is_number(value) and name not in COUNTS and not name.endswith("_n"):
                    curves.setdefault(f"val:{name}", []).append((event["step"], seconds, value))
        elif event["kind"] == "sample":
            samples.append((event["step"], seconds, event["file"]))
    return curves, samples
