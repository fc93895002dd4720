"""Long work of the window: step generators run beside it, never in its way."""
