"""The toolbar and the palette: commands as icons and by typing."""
