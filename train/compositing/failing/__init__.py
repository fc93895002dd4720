"""What targets lose on composites, and the report of where they fail."""
