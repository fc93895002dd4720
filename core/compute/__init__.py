"""How work runs fast: recorded CUDA graphs, machine code, constants for each device."""
