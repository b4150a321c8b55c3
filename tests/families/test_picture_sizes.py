"""The networks of pictures make every size that a person's own data may give them."""

from typing import Any, get_args

import pytest
import torch

from aigc_core.data.dataset_info import DatasetInfo
from aigc_core.data.image_folder import LARGEST_SIDE, SIDE_STEP, SMALLEST_SIDE, side_of
from aigc_core.families import config_class, family_class
from aigc_core.families.image import ImageFamily
from tests.helpers.sources import config

NETWORKS = [
    (name, one) for name in ("gan", "vae") for one in get_args(config_class(name).model_fields["network"].annotation)
]


@pytest.mark.parametrize(("family", "network"), NETWORKS)
def test_every_network_makes_every_size(family: str, network: str) -> None:
    settings: Any = config(family, data="folder", network=network, width=16)  # of either family
    sides = {side_of(settings, [side]) for side in range(1, 200)}
    assert sides == set(range(SMALLEST_SIDE, LARGEST_SIDE + 1, SIDE_STEP))
    for side in sides:
        info = DatasetInfo("image", (3, side, side), train_size=9, validation_size=1, mean=[0.5] * 3, std=[0.2] * 3)
        made = family_class(family)(settings, info)
        assert isinstance(made, ImageFamily)
        for one in made.networks.values():
            one.eval()
        with torch.inference_mode():
            shape = made.decode(made.networks, torch.randn(2, settings.latent_size), None).shape
        assert shape == (2, 3, side, side)
