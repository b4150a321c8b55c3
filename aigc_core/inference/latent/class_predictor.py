"""A classifier for the classes of a run's data."""

from collections.abc import Callable

import numpy as np
import torch

from aigc_core.common.errors import DataError
from aigc_core.families.image import ImageFamily
from aigc_core.inference.latent.training_data import training_data_key, training_images
from aigc_core.metrics import classifier_features

LEAST_TO_CLASSIFY, CLASSIFIER_FROM = 100, 4000  # pictures from which a classifier is learned where none is shipped

ClassPredictor = Callable[[np.ndarray], np.ndarray]  # pictures uint8 (N, H, W, C) -> class numbers (N,)

_learned_classifiers: dict[str, classifier_features.FeatureNetwork] = {}


def class_predictor(family: ImageFamily, learn: bool) -> ClassPredictor | None:
    """What tells the classes of this data apart: the shipped network, or one learned before or (`learn`) now.

    None where there are no classes, no data to learn them from, or too little of it.
    """
    if not family.info.class_names:
        return None
    key = training_data_key(family)
    network = classifier_features.load(family.config.data) or _learned_classifiers.get(key)
    if network is None and learn:
        try:
            data = training_images(family)
        except DataError:
            return None  # without it there are directions all the same, only none towards classes
        if data.labels is None or len(data.train) < LEAST_TO_CLASSIFY:
            return None
        index = torch.linspace(0, len(data.train) - 1, min(CLASSIFIER_FROM, len(data.train))).long()
        network = classifier_features.train(
            data.train[index], data.labels[index], len(family.info.class_names), epochs=4
        )
        _learned_classifiers[key] = network
    if network is None:
        return None

    def classify(made: np.ndarray) -> np.ndarray:
        return classifier_features.extract(network, torch.from_numpy(made).permute(0, 3, 1, 2))[1]

    return classify
