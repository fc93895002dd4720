"""Errors a user can mend. Each says what is wrong, where, and what to do next."""


class FitloopError(ValueError):
    """Base of every error that input can cause; the window and the commands show its text as it stands."""


class BodyFileError(FitloopError):
    """A file that should hold a body does not."""


class LayoutError(FitloopError):
    """An unknown keypoint layout, keypoint or joint name, or keypoints that do not fit their layout."""


class ImageError(FitloopError):
    """A photo that cannot be read."""


class FitInputError(FitloopError):
    """Keypoints, cameras or weights that no fit can be made from."""


class CheckpointError(FitloopError):
    """A file that should hold a network's weights does not, or holds another network's."""


class ReadError(FitloopError):
    """A file of another program that cannot be read as what it should be."""


class ProjectError(FitloopError):
    """A project file that cannot be opened or written."""


class FitsError(FitloopError):
    """A fits dictionary that cannot be used."""


class DetectorError(FitloopError):
    """A detector of keypoints that is not installed, or whose weights are not there."""


class PickleRefused(FitloopError):
    """A pickle that holds more than data, or that is damaged or too large; nothing in it was run."""
