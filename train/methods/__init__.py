"""How each network is taught, one folder a method."""
