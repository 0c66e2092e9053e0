"""The grammar: one for both languages, LALR, keywords from `words`.

A keyword is a word of its own: 且 joins, 且非 is a name. Not ok: two conflicting readings - the tests build the parser strictly from this text.
"""

import re
from functools import cache

from lark import Lark

from rules.kinds import SUFFIX_WORDS
from rules.words import AGGREGATES, KEYWORDS, QUALIFIERS, pattern

_DROPPED = frozenset(
    [
        "LIST",
        "CONDITION",
        "FEATURE",
        "RULE",
        "ARTICLE",
        "DATED",
        "AND",
        "OR",
        "NOT",
        "TEXT",
        "NEAR",
        "WITHIN",
        "SAME_SENTENCE",
        "MATCHES",
        "RELATED",
        "FIRES",
        "BETWEEN",
        "IN",
        "OTHERWISE",
    ]
)  # keywords whose presence says all: they leave no token in lark's tree

_RULES = r"""
start: (list_def | condition_def | feature_def | rule_def)*

list_def: _LIST NAME STRING? list_part*
list_part: (INCLUDE | EXCLUDE) _strings
_strings: STRING (_COMMA? STRING)*

condition_def: _CONDITION NAME _EQUALS _expr
feature_def: _FEATURE NAME _EQUALS _expr

rule_def: _RULE NAME (STRING (SLASH STRING)?)? clause*
clause: MODEL NAME
      | LENS NAME
      | SEVERITY NAME
      | FLOOR NAME
      | OWNER STRING
      | BASIS basis
      | WHEN _expr
      | (BECAUSE | HAZARD | ADVICE | FALSE_ALARMS) bilingual
      | VALID DATE (UNTIL DATE)?
      | (HITS | MISSES) _examples
basis: STRING (_ARTICLE STRING)? (_DATED DATE)? UNVERIFIED?
bilingual: said+
said: (ZH | EN) STRING
_examples: _example (_COMMA? _example)*
_example: text | row
row: _ROW_OPEN (cell (_COMMA cell)* _COMMA?)? _ROW_CLOSE
cell: NAME _COLON (_literal | UNKNOWN | several)
several: _SET_OPEN (text (_COMMA text)* _COMMA?)? _SET_CLOSE

_expr: or_ | _conjunction
or_: _conjunction (_OR _conjunction)+
_conjunction: and_ | _negation
and_: _negation (_AND _negation)+
_negation: not_ | _predicate
not_: _NOT _negation
_predicate: _operand | compare | between | in_set | in_list | contains | known | has | edge | matches | near | same_sentence
compare: _operand CMP _operand
between: _operand _BETWEEN _operand (_AND | _BETWEEN_AND) _operand
in_set: _operand _IN _values
in_list: _operand _IN list_ref
contains: _operand CONTAINS _literal
        | _operand (CONTAINS_ANY | CONTAINS_ALL | CONTAINS_NONE) _values
_values: _SET_OPEN _literal (_COMMA _literal)* _COMMA? _SET_CLOSE
known: _operand (IS_KNOWN | IS_UNKNOWN)
has: _TEXT (HAS_ANY | HAS_ALL | HAS_NONE) lists qualifiers
edge: _TEXT (STARTS | ENDS) lists qualifiers
matches: _TEXT _MATCHES STRING qualifiers
near: left _NEAR lists _WITHIN NUMBER qualifiers
same_sentence: left _SAME_SENTENCE lists qualifiers
left: _lists | _OPEN (list_ref | _several) _CLOSE
lists: _lists | _OPEN _lists _CLOSE
_lists: _list (_COMMA _list)*
_several: _list (_COMMA _list)+

_operand: sums | _product
sums: _product ((PLUS | MINUS) _product)+
_product: product | _factor
product: _factor ((STAR | SLASH) _factor)+
_factor: otherwise | _primary
otherwise: _primary _OTHERWISE _literal
_primary: _literal | name | call | count | window | related | fires | _OPEN _expr _CLOSE
count: (COUNT | OCCURRENCES) lists qualifiers
window: _aggregate NAME (DOT NAME)? (IN_LAST NUMBER)? (ACROSS NAME)?
_aggregate: AGGREGATES
related: _RELATED NAME
fires: _FIRES _OPEN NAME _CLOSE
call: NAME _OPEN (_argument (_COMMA _argument)*)? _CLOSE
_argument: _literal | name | call
name: NAME
_list: list_ref | term
list_ref: REFERENCE
term: STRING
qualifiers: (QUALIFIERS)*
_literal: number | text | flag | day
number: NUMBER
text: STRING
flag: TRUE | FALSE
day: DATE

NAME: /[^\W\d]\w*/
REFERENCE: /@[^\W\d]\w*/
STRING: /"(?:[^"\\\n]|\\.)*"/
DATE.3: /\d{4}-\d{1,2}-\d{1,2}(?!\w)/
NUMBER.2: /-?\d+(?:\.\d+)?(?:[ \t]?(?:SUFFIXES))?(?![A-Za-z0-9_])/
CMP: /<=|>=|!=|=|<|>|≤|≥|≠/
_EQUALS: /[=＝]/
_COMMA: /[,，、]/
_OPEN: /[(（]/
_CLOSE: /[)）]/
_SET_OPEN: /[\[［]/
_SET_CLOSE: /[\]］]/
_ROW_OPEN: /[{｛]/
_ROW_CLOSE: /[}｝]/
_COLON: /[:：]/
DOT: "."
PLUS: /[+＋]/
MINUS: /[-－−]/
STAR: /[*＊×]/
SLASH: /[\/／÷]/
COMMENT: /#[^\n]*/
%ignore COMMENT
%ignore /\s+/
"""


def _suffixes() -> str:
    """All unit words as one alternative, the longest first."""
    return "|".join(r"[ \t]+".join(map(re.escape, text.split())).replace("/", r"\/") for text in SUFFIX_WORDS)


def grammar_text() -> str:
    """The whole grammar in lark's notation."""
    rules = _RULES
    for slot, text in (("SUFFIXES", _suffixes()), ("AGGREGATES", " | ".join(AGGREGATES)), ("QUALIFIERS", " | ".join(QUALIFIERS))):
        rules = rules.replace(slot, text)
    keywords = "\n".join(f"{'_' if key in _DROPPED else ''}{key}.2: /{pattern(key)}/" for key in KEYWORDS if key != "BETWEEN_AND")
    own = "_BETWEEN_AND.2: /与(?!\\w)/"
    return rules + keywords + "\n" + own + "\n"


@cache
def parser() -> Lark:
    """The parser, built once and on first use."""
    return Lark(grammar_text(), parser="lalr", propagate_positions=True, maybe_placeholders=False)
