"""What curators send to colleagues: a turning body, sheets of people, and the report of a data set."""
