"""The mutable objects of the window, the workbench above all."""
