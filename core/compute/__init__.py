"""Tools for speed: recorded CUDA graphs, machine code, constants per device."""
