"""How the lifter is taught."""
