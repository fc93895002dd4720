"""Commands: the actions of menus, buttons and keys."""
