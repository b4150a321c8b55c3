"""The page “Class”: what a student may do and has used; for a teacher all students and trainings, and lesson links."""

from aigc_core.serving.api import classroom, forms, run_actions
from pages.server_functions import RUN, command, query, table, text
from pages.widget import widget

FUNCTIONS = table(
    me=query(classroom.me),
    overview=query(classroom.overview),
    stop=command(run_actions.request, RUN, lambda values: "stop"),
    stop_all=query(classroom.stop_all),
    resume_all=query(classroom.resume_all),
    forget=command(classroom.remove_student, text("name")),
    sweep=query(classroom.sweep),
    lessons=query(forms.lessons),
)


def build() -> None:
    """Draw the page into the Blocks that are open."""
    widget("classroom", list(FUNCTIONS.values()))
