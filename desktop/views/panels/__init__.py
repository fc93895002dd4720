"""The panels around the photo: fit, body, pose, plots, alternatives, training."""
