"""Tests mirror the packages: core, train, desktop; journeys are whole stories in the user's words."""
