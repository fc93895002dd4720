"""The timeline of a sequence: lanes of tracks, the playhead, and the player."""
