"""A picture model's latent space: sliders, directions, maps, journeys, search."""
