"""Pictures and a film of the window, to be looked at: `python -m tests.pictures`."""
