"""The photo with its people: painted, hit, dragged."""
