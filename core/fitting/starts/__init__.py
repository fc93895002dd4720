"""Other bodies for the same keypoints: limbs flipped in depth, fits from other starts, and alternatives to a fit."""
