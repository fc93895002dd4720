"""People with known bodies and the pixels of each: what composites are made of."""
