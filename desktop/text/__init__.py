"""What the user reads, in the user's language."""
