"""Files in which networks leave the bodies that they found, one file a network: guesses of people in photos."""
