"""The Compare page: several runs side by side."""

from aigc_core.serving.api import compare, run_views
from pages.server_functions import cancel, job, query, sample, table, texts
from pages.widget import widget

RUNS = texts("runs")

FUNCTIONS = table(
    runs=query(run_views.runs),
    compare=query(compare.compare, RUNS),
    table=query(compare.table_file, RUNS),
    curves=query(compare.curves_file, RUNS),
    tensorboard=query(compare.tensorboard, RUNS),
    sample=sample,
    job=job,
    cancel=cancel,
)


def build() -> None:
    """Draw the page into the Blocks that are open."""
    widget("compare", list(FUNCTIONS.values()))
