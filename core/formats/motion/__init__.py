"""One person's motion through the photos, and the files that hold it."""
