"""A made-up market whose truth is known, and the loop that must keep up with it.

The world (`truth`, `world`, `evasion`, `drift`, `offices`) shares no code with the project: it imports numpy and the standard library only, and a
test keeps that so. The players (`learner`, `policies`) use the project's own learner, gate, audit and drift measures. Run it: ``python -m experiments.simulation``.
"""
