"""Errors that a user can fix. Each message says what is wrong, where, and what to do next."""

from dataclasses import dataclass


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


@dataclass(frozen=True)
class Way:
    """One way to read a file. value: what the option takes; words: what it means, for the user."""

    value: str
    words: str


class Undecided(ReadError):
    """A file that can be read in several ways, and its content does not tell which.

    problem: the message without the ways; option: the field of `core.formats.format_row.Beside` that decides:
    layout_name, frame, box or first_frame, in the shell its `flag`; ways: its values, the likeliest first. The
    shell prints the text, the window asks and reads again.
    """

    def __init__(self, message: str, option: str, ways: tuple[Way, ...]) -> None:
        each = ", ".join(f"{way.value} ({way.words})" for way in ways)
        super().__init__(f"{message} Say which: {each}.")
        self.problem = message
        self.option = option
        self.ways = ways

    @property
    def flag(self) -> str:
        """The option of a command that answers."""
        return flag_of(self.option)


def flag_of(option: str) -> str:
    """What a command calls a field of Beside: --layout, --first-frame."""
    return "--" + option.removesuffix("_name").replace("_", "-")


class ProjectError(FitloopError):
    """A project file that cannot be opened or written."""


class FitsError(FitloopError):
    """A fits dictionary that cannot be used."""


class DetectorError(FitloopError):
    """A keypoint detector that is not installed, or whose weights are missing."""


class PickleRefused(FitloopError):
    """A pickle that holds code, is damaged or is too large. Nothing in it was run."""
