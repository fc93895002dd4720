"""Files of tools in which people place keypoints by hand, one file a tool: they name their keypoints."""
