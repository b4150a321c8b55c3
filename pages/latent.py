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
    draw=query(latent.decode_points, RUN, STEP, anything("points", [])),
    code_of_seed=query(latent.code_of_seed, RUN, STEP, whole("seed", 0)),
    directions=query(latent.list_directions, RUN, STEP),
    learn=query(latent.learn_directions, RUN, STEP),
    name_direction=query(latent.name_direction, RUN, STEP, text("name"), anything("vector")),
    forget_direction=command(latent.delete_direction, RUN, text("id")),
    plane=query(
        latent.decode_plane, RUN, STEP, anything("origin"), anything("across"), anything("up"), number("reach", 3.0),
        whole("side", 15),
    ),
    cloud=query(latent.class_cloud, RUN, STEP),
    journey=query(latent.interpolate, RUN, STEP, STOPS, number("part", 0.0), text("kind")),
    combine=query(latent.combine_points, anything("a"), anything("b"), anything("c")),
    upload=query(latent.image_from_upload, RUN, STEP, file("file")),
    search=query(latent.project_image, RUN, STEP, picture("picture"), optional_file("hidden"), whole("shrink", 1)),
    neighbours=query(latent.nearest_training_images, RUN, STEP, picture("picture")),
    job=job,
    cancel=cancel,
    save=query(latent.picture_file, RUN, STEP, anything("point"), label=language, seed=natural("seed")),
    film=query(
        latent.journey_file, RUN, STEP, text("form"), STOPS, seconds=number("seconds", 0.0), kind=text("kind"),
        label=language,
    ),
    reopened=query(latent.read_recipe, file("file")),
)  # fmt: skip


def build() -> None:
    """Draw the page into the Blocks that are open."""
    widget("latent", list(FUNCTIONS.values()))
