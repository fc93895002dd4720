"""Baking of the open body: random people in SMPL's T-pose, reduced to ten betas and a child shape."""
