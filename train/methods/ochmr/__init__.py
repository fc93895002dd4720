"""How OCHMR's network of crowds is taught."""
