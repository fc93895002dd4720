"""Files that keypoint detectors write, one file a detector: they name no keypoints, and often no photo."""
