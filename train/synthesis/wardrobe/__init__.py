"""Garments, hair and skins of MakeHuman's community, fitted to the open body."""
