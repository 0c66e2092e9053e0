"""The shared fixtures (``engine``, ``engine_url``, ``empty_url``, ``sqlite_engine``) live in ``tests/conftest.py``: the API's tests use them too."""
