"""How a data scientist brings a model of their own: a notebook, the same as a script, and the code file that they register."""
