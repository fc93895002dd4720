"""What is measured of children and of adults beside them."""
