"""How large a rule may be. Bounds, not wishes: beyond them a diagnostic is given and nothing is built."""

MAX_SOURCE = 2_000_000  # characters of a file
MAX_DEPTH = 24  # parentheses and `not` inside each other
MAX_NODES = 2_000  # nodes of one expression
MAX_SIGNS = 20_000  # words and signs of one definition, quoted words and commas apart
MAX_TERMS = 50_000  # words of one list
MAX_WITHIN = 1_000  # characters between two hits
MAX_DAYS = 36_500  # days a window looks back
MAX_CHAIN = 16  # definitions that build on each other
MAX_HEIGHT = 120  # nodes inside each other, named definitions included
MAX_PATTERN = 1_000  # characters of a regular expression
MAX_QUOTES = 8  # quotations shown for `{hits}`
MAX_REASONING = 100_000  # steps of reasoning about one definition
MAX_REASONING_PAIR = 2_000  # more of them for each rule, to compare it with the others
MAX_COST = 10_000  # comparisons that a rule may come to before it is called costly
