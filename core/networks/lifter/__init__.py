"""The lifter: from keypoints alone to a few likely bodies.

network.py is the network, lift.py asks it. compiled_input.py and compiled_output.py are what surrounds the network as
machine code, as for one person small tensor operations take several times as long as the network; lift.py says the
same in tensors, and tests hold the two together.
"""
