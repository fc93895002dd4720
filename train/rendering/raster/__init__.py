"""Machine code that draws people: triangles into sample buffers, then the colour of each visible sample."""
