"""Everything that can be asked for from a menu, a button or the keyboard."""
