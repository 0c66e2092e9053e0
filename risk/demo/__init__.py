"""The demo province: a made-up Hubei over ninety days, its offices and officers, and the loop run on it.

Texts come from phrase banks written for this project. Figures on the demo say nothing about the real world.
"""
