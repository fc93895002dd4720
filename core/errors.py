"""Errors that a user can fix. Each message says what is wrong, where, and what to do next."""


class FitloopError(ValueError):
    """Base of every error that input can cause. The window and the commands show its text unchanged."""


class BodyFileError(FitloopError):
    """A body file that cannot be read or holds no body."""


class LayoutError(FitloopError):
    """An unknown keypoint layout, keypoint or joint name, or keypoints that do not fit their layout."""


class ImageError(FitloopError):
    """A photo that cannot be read."""


class FitInputError(FitloopError):
    """Keypoints, cameras, weights or wishes that cannot be fitted."""


class CheckpointError(FitloopError):
    """A checkpoint that cannot be read, or that holds the weights of another network."""


class ReadError(FitloopError):
    """A file of another program that cannot be read in its format."""


class ProjectError(FitloopError):
    """A project file that cannot be opened or written."""


class FitsError(FitloopError):
    """A fits dictionary that cannot be used."""


class DetectorError(FitloopError):
    """A keypoint detector that is not installed, or whose weights are missing."""


class PickleRefused(FitloopError):
    """A pickle that holds code, is damaged or is too large. Nothing in it was run."""
