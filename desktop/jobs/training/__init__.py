"""Child processes that train, and what they write."""
