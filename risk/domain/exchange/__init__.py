"""National-style exchange records: what they are (`records`), how single values are written (`kinds`), what a record must fulfil (`checks`).

Everything is data (`data/exchange.toml`, `data/exchange_fields.csv`); the words of refusals are in `wording`. Nothing here reads or writes a file.
"""
