"""The fits dictionary: the best known fit of each person."""
