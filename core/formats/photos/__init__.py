"""Photos that a file of people names: where they lie, and in which of their pixels the people are."""
