"""How the open body is made: random people, turned into SMPL's T-pose, summed up by ten numbers and a child."""
