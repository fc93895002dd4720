"""What draws the workbench and asks it for changes. No view knows another."""
