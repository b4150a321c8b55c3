"""The 2-D lab: a GAN or a VAE learns points in the plane, one correction at a time, in the hand of a person."""
