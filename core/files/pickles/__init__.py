"""What names and arrays in a pickle stand for; `core.files.pickles.reader` reads the file itself."""
