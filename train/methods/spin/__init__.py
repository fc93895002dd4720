"""How SPIN's image network is taught."""
