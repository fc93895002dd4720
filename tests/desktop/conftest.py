from tests.desktop.fixtures import desk, desk_of_the_module, open_desk, shared_desk

__all__ = ["desk", "desk_of_the_module", "open_desk", "shared_desk"]
