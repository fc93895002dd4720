"""Views draw the workbench and ask it for changes. No view knows another."""
