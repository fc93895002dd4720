"""Guesses of a network's file for people that a project has already: matched by their keypoints, else their boxes."""

from collections.abc import Iterable, Sequence

from core.formats.shared.association import associate, associate_boxes
from core.records import Guess, Person, Photo
from core.store import Project


def guesses_of_known(project: Project, found: Iterable[Photo]) -> tuple[dict[int, Guess], int]:
    """Person id -> guess, and the number of guesses of nobody in the project. found: photos that the project has."""
    guesses: dict[int, Guess] = {}
    nobody = 0
    for photo in found:
        guessed = [person for person in photo.people if person.guess is not None]
        if not guessed:
            continue
        known = list(project.photo(photo.path).people)
        places = _matched(known, guessed)
        for person, place in zip(known, places, strict=True):
            guess = None if place is None else guessed[place].guess
            if guess is not None:
                guesses[person.id] = guess
        nobody += len(guessed) - sum(place is not None for place in places)
    return guesses, nobody


def _matched(known: Sequence[Person], guessed: Sequence[Person]) -> list[int | None]:
    """For each known person the place among those guessed, or None."""
    places = associate(known, guessed)
    left = [place for place in range(len(guessed)) if place not in places]
    free = [number for number, place in enumerate(places) if place is None]
    boxes = associate_boxes([known[number].bbox for number in free], [guessed[place].bbox for place in left])
    for number, box in zip(free, boxes, strict=True):
        places[number] = None if box is None else left[box]
    return places
