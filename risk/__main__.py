"""``python -m risk`` is the ``risk`` command."""

from risk.cli import main

if __name__ == "__main__":
    main()
