"""Reports: numbers in, pages out. Nothing is queried here; everything shown stands in the frozen numbers."""
