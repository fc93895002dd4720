"""The start page: what is shown while no project is open."""
