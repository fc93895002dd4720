"""What a fit minimises, a file a term: its plain version in tensors and its machine code side by side.

term.py says what a term is given and gives, all_terms.py lists the terms. A new term is one file and one name there.
"""
