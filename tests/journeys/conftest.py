from tests.desktop.fixtures import desk, open_desk

__all__ = ["desk", "open_desk"]
