"""Which settings serve best, by validation: each default was chosen by one of these."""
