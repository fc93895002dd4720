"""How fast a curator decides: people an hour and the time left, pauses left out."""

PAUSE_S = 300.0  # longer than this between two people is a break
FEWEST = 3  # decisions before a pace can be told
REMEMBERED = 200  # of the last decisions: how fast it goes now, not in the morning


class Pace:
    """Told how many are decided whenever that may have changed."""

    def __init__(self) -> None:
        self._times: list[float] = []
        self._decided: int | None = None

    def note(self, decided: int, now: float) -> None:
        """decided: of the whole project; now [s], of a clock that only goes forward. Undone ones are forgotten."""
        before, self._decided = self._decided, decided
        if before is None:
            self._times = [now]  # the work begins
        elif decided > before:
            self._times = [*self._times, *[now] * (decided - before)][-REMEMBERED:]
        elif decided < before:
            self._times = self._times[: max(1, len(self._times) - (before - decided))]

    def people_an_hour(self) -> float | None:
        """None until a few were decided."""
        if len(self._times) <= FEWEST:
            return None
        gaps = [
            min(after - before, PAUSE_S) for before, after in zip(self._times, self._times[1:], strict=False)
        ]
        worked = sum(gaps)
        return 3600 * len(gaps) / worked if worked > 0 else None

    def hours_left(self, people: int) -> float | None:
        """For so many who wait for a verdict; None while nobody can tell."""
        rate = self.people_an_hour()
        return None if rate is None else people / rate
