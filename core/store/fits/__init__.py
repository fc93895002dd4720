"""The fits dictionary: the best fit known of each person."""
