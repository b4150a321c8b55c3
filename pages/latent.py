"""The Latent page: hold a model by its sliders, walk through its space, give it pictures."""

from aigc_core.serving.api import latent
from pages.server_functions import (
    RUN,
    STEP,
    anything,
    cancel,
    command,
    file,
    job,
    language,
    natural,
    number,
    optional_file,
    picture,
    query,
    sample,
    table,
    text,
    whole,
)
from pages.widget import widget

STOPS = anything("stops", [])

FUNCTIONS = table(
    runs=query(latent.models),
    sample=sample,
    describe=query(latent.describe, RUN, STEP),
    draw=query(latent.draw, RUN, STEP, anything("points", [])),
    code_of_seed=query(latent.code_of_seed, RUN, STEP, whole("seed", 0)),
    directions=query(latent.directions, RUN, STEP),
    learn=query(latent.learn, RUN, STEP),
    name_direction=query(latent.name_direction, RUN, STEP, text("name"), anything("vector")),
    forget_direction=command(latent.delete_direction, RUN, text("id")),
    plane=query(
        latent.plane, RUN, STEP, anything("origin"), anything("across"), anything("up"), number("reach", 3.0),
        whole("side", 15),
    ),
    cloud=query(latent.cloud, RUN, STEP),
    journey=query(latent.journey, RUN, STEP, STOPS, number("part", 0.0), text("kind")),
    combine=query(latent.combine, anything("a"), anything("b"), anything("c")),
    upload=query(latent.upload, RUN, STEP, file("file")),
    search=query(latent.search, RUN, STEP, picture("picture"), optional_file("hidden"), whole("shrink", 1)),
    neighbours=query(latent.neighbours, RUN, STEP, picture("picture")),
    job=job,
    cancel=cancel,
    save=query(latent.save, RUN, STEP, anything("point"), label=language, seed=natural("seed")),
    film=query(
        latent.film, RUN, STEP, text("form"), STOPS, seconds=number("seconds", 0.0), kind=text("kind"), label=language
    ),
    reopened=query(latent.reopened, file("file")),
)  # fmt: skip


def build() -> None:
    """Draw the page into the Blocks that are open."""
    widget(
        "latent",
        scripts=("parts", "state", "sliders", "map", "picture", "journey", "mix", "page"),
        server_functions=list(FUNCTIONS.values()),
    )
