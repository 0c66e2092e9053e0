"""A warning system of a bank, as its makers might offer it."""
