"""Inception's features, in which papers compare photographs (Heusel 2017): on request, its weights must be fetched.

The network and its weights are torch-fidelity's, a port of the 2015 TensorFlow graph that all published figures use.
Of digits it knows nothing: see `aigc_core.metrics.classifier_features`.
"""

import numpy as np
import torch
from torch import Tensor, nn

from aigc_core.common.errors import DataError, not_installed
from aigc_core.common.progress import ProgressCallback
from aigc_core.data.download import cache_folder, fetch

URL = "https://github.com/toshas/torch-fidelity/releases/download/v0.2.0/weights-inception-2015-12-05-6726825d.pth"
SHA256 = "6726825d0af5f729cebd5821db510b11b1cfad8faad88a03f1befd49fb9129b2"
PART = 50  # pictures at once; each is brought to 299 x 299


def load(progress: ProgressCallback) -> nn.Module:
    """The network, with its weights from this user's cache or fetched into it (91 MB, once).

    Raises:
        RunError: torch-fidelity is not installed. DataError: the weights cannot be fetched.
    """
    try:
        from torch_fidelity.feature_extractor_inceptionv3 import FeatureExtractorInceptionV3
    except ImportError as problem:
        raise not_installed("torch-fidelity") from problem
    folder = cache_folder() / "inception"
    try:
        file = fetch(URL, folder / URL.rpartition("/")[2], SHA256, progress, str(folder))
    except DataError as problem:
        raise DataError(
            "inception.no_weights",
            "Inception's weights could not be fetched; put the file {url} into {folder}, or judge without them.",
            url=URL,
            folder=folder,
        ) from problem
    # Its loader unpickles, so nothing but the file with the known hash ever gets there.
    return FeatureExtractorInceptionV3("inception", ["2048"], feature_extractor_weights_path=str(file))


@torch.inference_mode()
def extract(network: nn.Module, x: Tensor) -> np.ndarray:
    """Of pictures uint8 (N, C, H, W), C 1 or 3: features float32 (N, 2048)."""
    colour = x.cpu().expand(-1, 3, -1, -1)
    return torch.cat([network(part)[0] for part in colour.split(PART)]).numpy()
