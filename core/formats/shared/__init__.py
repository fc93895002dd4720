"""What several formats need: reports, people, layouts by their names, photos of a folder, frames."""
