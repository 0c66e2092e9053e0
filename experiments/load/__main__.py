"""``python -m experiments.load``."""

from experiments.load.measure import main

main()
