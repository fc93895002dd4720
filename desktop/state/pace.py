"""The curator's pace: verdicts an hour and the time left, without pauses."""

from typing import NamedTuple

PAUSE_S = 300.0  # a longer gap between two verdicts counts as a pause of this length
FEWEST = 3  # verdicts needed for a pace
REMEMBERED = 200  # latest verdicts: the pace is the current one


class _Act(NamedTuple):
    """A verdict on people, and when the work on it began and ended [s]."""

    people: int
    begin: float
    end: float


class Pace:
    """Estimates the pace of this session from the number of people with a verdict over time.

    Only verdicts on one person each count. A verdict on many at once says nothing of the time that a person takes.
    """

    def __init__(self) -> None:
        self._acts: list[_Act] = []
        self._since = 0.0  # the last verdict, or the first count
        self._decided: int | None = None

    def note(self, decided: int, now: float) -> None:
        """Take the current count. decided: people of the whole project; now [s], a monotonic clock.

        Undone verdicts are removed.
        """
        more = 0 if self._decided is None else decided - self._decided
        if self._decided is None:
            self._since = now
        elif more > 0:
            self._acts = [*self._acts, _Act(more, self._since, now)][-REMEMBERED:]
            self._since = now
        while more < 0 and self._acts:
            people, self._since, _ = self._acts.pop()
            more += people
        self._decided = decided

    @property
    def verdicts_until_known(self) -> int:
        """The number of verdicts that the pace still needs."""
        return max(0, FEWEST - len(self._single()))

    def people_an_hour(self) -> float | None:
        """Verdicts an hour. None until there are a few."""
        worked = sum(min(act.end - act.begin, PAUSE_S) for act in self._single())
        known = worked > 0 and not self.verdicts_until_known
        return 3600 * len(self._single()) / worked if known else None

    def hours_left(self, people: int) -> float | None:
        """The hours for this many people without a verdict. None while the pace is unknown."""
        rate = self.people_an_hour()
        return None if rate is None else people / rate

    def _single(self) -> list[_Act]:
        return [act for act in self._acts if act.people == 1]
