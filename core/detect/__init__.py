"""Keypoint detectors, one file each. Their packages, mediapipe and onnxruntime, are optional installs."""

from core.detect.detector import DETECTORS, Detector, detect, load_detector
from core.detect.found import Found

__all__ = ["DETECTORS", "Detector", "Found", "detect", "load_detector"]
