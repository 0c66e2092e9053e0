"""Scoring: texts and tables in, probabilities, grades and reasons out. No database: the command line, the runs and a stock MLflow client share it."""
