"""The project file: photos, people and every edit."""
