"""The curator's pace: verdicts an hour and the time left, without pauses."""

PAUSE_S = 300.0  # a longer gap between two verdicts counts as a pause of this length
FEWEST = 3  # verdicts needed for a pace
REMEMBERED = 200  # latest verdicts: the pace is the current one


class Pace:
    """Estimates the pace from the number of people with a verdict over time."""

    def __init__(self) -> None:
        self._times: list[float] = []
        self._decided: int | None = None

    def note(self, decided: int, now: float) -> None:
        """Take the current count. decided: people of the whole project; now [s], a monotonic clock.

        Undone verdicts are removed.
        """
        before, self._decided = self._decided, decided
        if before is None:
            self._times = [now]  # the first count starts the clock
        elif decided > before:
            self._times = [*self._times, *[now] * (decided - before)][-REMEMBERED:]
        elif decided < before:
            self._times = self._times[: max(1, len(self._times) - (before - decided))]

    def people_an_hour(self) -> float | None:
        """Verdicts an hour. None until there are a few."""
        if len(self._times) <= FEWEST:
            return None
        gaps = [
            min(after - before, PAUSE_S) for before, after in zip(self._times, self._times[1:], strict=False)
        ]
        worked = sum(gaps)
        return 3600 * len(gaps) / worked if worked > 0 else None

    def hours_left(self, people: int) -> float | None:
        """The hours for this many people without a verdict. None while the pace is unknown."""
        rate = self.people_an_hour()
        return None if rate is None else people / rate
