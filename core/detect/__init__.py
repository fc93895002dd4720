"""Keypoints found in photos by detectors that are installed beside the program: mediapipe, rtmlib."""

from core.detect.detector import DETECTORS, Detector, detect, load_detector
from core.detect.found import Found

__all__ = ["DETECTORS", "Detector", "Found", "detect", "load_detector"]
