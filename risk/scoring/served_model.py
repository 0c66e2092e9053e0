"""The code file of every registered model (models-from-code): MLflow runs it to load one. Not for import by our own code: it declares a model when it runs."""

from models.registry import serve
from risk.scoring.serving import load, predict

serve(load, predict)
