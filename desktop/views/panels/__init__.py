"""The panels around the photo: people, fit, body, pose, data set, training."""
