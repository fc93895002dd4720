"""Windows of the help menu: shortcuts, documentation, about, and the last report."""
