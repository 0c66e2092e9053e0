"""The six text lenses of the five models, trained as the project ships them and with development labels, measured where nothing near-identical was learnt.

``python -m experiments.five_models --data DIR [--own-set]``: results in ``experiments/results/five_models.json`` and ``.md``. See ``experiments/README.md``.
"""
