"""HTTP in and out. Nothing is decided here: an endpoint reads its request, asks one service of ``risk`` and answers."""
