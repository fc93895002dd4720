"""Pictures of bodies without a screen."""
