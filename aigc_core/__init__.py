"""The core of AIGC Studio: trains, samples and judges generative models. It knows no screen."""

__version__ = "0.2.0.dev0"
