"""What names and arrays in a pickle stand for; `core.safe_pickle` reads the file itself."""
