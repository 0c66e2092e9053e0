"""When use cases run by themselves: a table of jobs, one lease per use case, one row per slot. Knows services, is known by bootstrap and above."""
