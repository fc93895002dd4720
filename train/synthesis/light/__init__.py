"""Light of synthetic photos: skies of nine spherical harmonics, suns, and panoramas."""
