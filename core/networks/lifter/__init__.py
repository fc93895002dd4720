"""The lifter: from keypoints alone to a few likely bodies.

network.py is the network, lift.py calls it. compiled_input.py and compiled_output.py are its input and output stages as
machine code, as for one person small tensor operations take several times as long as the network. lift.py computes the
same in tensors, and tests compare the two.

Savings by the machine code, in CPU time of one thread on a busy machine (least of 40, the two by turns; tensors in
brackets): a guess of one person takes 4.4 ms (10.5), of 16 people 12 ms (23), of 64 people 32 ms (67), and guess and
fit of one person in the window 29 ms (36). A guess of many would take twice as long without it.
"""
