"""How many requests a second does the service answer? ``python -m experiments.load`` (see :mod:`experiments.load.measure`)."""
