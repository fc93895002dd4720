"""The part of a sequence that a timeline shows."""

from dataclasses import dataclass

FEWEST_SHOWN = 10  # photos, at the closest zoom


@dataclass(frozen=True)
class Stretch:
    """From the place `first` on, `span` photos of `count`; both may be fractions."""

    first: float
    span: float
    count: int

    @classmethod
    def whole(cls, count: int) -> "Stretch":
        """All photos."""
        return cls(0.0, float(max(1, count)), count)

    @property
    def last(self) -> float:
        """Where it ends."""
        return self.first + self.span

    def moved_to(self, first: float) -> "Stretch":
        """As long, and within the photos."""
        return Stretch(min(max(0.0, first), max(0.0, self.count - self.span)), self.span, self.count)

    def zoomed(self, factor: float, share: float) -> "Stretch":
        """`factor` times closer. share: of the stretch, where the place stays that is there."""
        held = self.first + share * self.span
        least = min(FEWEST_SHOWN, self.count)
        span = min(max(self.span / factor, least), max(1.0, float(self.count)))
        return Stretch(0.0, span, self.count).moved_to(held - share * span)
