"""A run: loop, folder, options, several processes."""
