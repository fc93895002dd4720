"""How the layout of keypoints is found that their file does not name."""
