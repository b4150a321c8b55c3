"""Points in the plane."""

import numpy as np

from aigc_core.data.points import ring_centres
from aigc_core.data.sources import SOURCES, Points
from tests.helpers.sources import config


def test_points_lie_at_their_modes() -> None:
    data = SOURCES["points"].load(config("gan", data="points", network="mlp"))
    assert isinstance(data, Points) and data.labels is not None
    distance = np.linalg.norm(data.xy - ring_centres()[data.labels], axis=1)
    assert distance.max() < 0.12 and set(data.labels) == set(range(8))
