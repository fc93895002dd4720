"""PoseNet3D's teacher: from the 2D points of a body to their depths, learned from 2D points alone.

Tripathi, Ranade, Tyagi, Agrawal, "PoseNet3D: Learning Temporally Consistent 3D Human Pose via Knowledge Distillation",
3DV 2020. train/methods/posenet3d teaches it; the window shows its skeleton beside a fit.
"""
