"""Long work of the window: step generators that run in threads or child processes."""
