"""What handlers/sources/generic.py is made of: proofs, fields of events, mappings, and what the options may be."""
