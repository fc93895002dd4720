"""The lifter: from keypoints alone to a few likely bodies.

network.py is the network, lift.py asks it. compiled_input.py and compiled_output.py are what surrounds the network as
machine code, as for one person small tensor operations take several times as long as the network; lift.py says the
same in tensors, and tests hold the two together.

What the machine code saves, in CPU time of one thread on a busy machine (least of 40, the two by turns; tensors in
brackets): a guess of one person takes 4.4 ms (10.5), of 16 people 12 ms (23), of 64 people 32 ms (67), and guess and
fit of one person in the window 29 ms (36). A guess of many would take twice as long without it.
"""
