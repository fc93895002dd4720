"""The people and photos of the project: list, filters, contact sheet, filmstrip."""
