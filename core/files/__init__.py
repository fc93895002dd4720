"""Everything that touches a file from elsewhere: bounded readers, whole-file writes, locks."""
