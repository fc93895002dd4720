"""The terms of a fit's objective, one file per term: its plain version in tensors beside its machine code.

term.py defines the interface of a term, all_terms.py lists the terms. A new term is one file and one name there.
"""
