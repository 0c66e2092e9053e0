"""The domain in plain Python: no database, no frame, no framework is imported here."""
