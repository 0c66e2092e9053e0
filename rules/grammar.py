"""The grammar: one for both languages, LALR, keywords from `words`.

A keyword is a word of its own: 且 joins, 且非 is a name. Not ok: two conflicting readings - the tests build the parser strictly from this text.
"""

import re
from functools import cache

from lark import Lark

from rules.kinds import SUFFIX_WORDS
from rules.words import KEYWORDS, pattern

_KEPT = frozenset(
    [
        "INCLUDE",
        "EXCLUDE",
        "MODEL",
        "LENS",
        "BASIS",
        "SEVERITY",
        "FLOOR",
        "WHEN",
        "BECAUSE",
        "HAZARD",
        "ADVICE",
        "FALSE_ALARMS",
        "OWNER",
        "VALID",
        "HITS",
        "MISSES",
        "ZH",
        "EN",
        "HAS_ANY",
        "HAS_ALL",
        "HAS_NONE",
        "ASSERTED",
        "PLAIN",
        "UNVERIFIED",
        "IS_KNOWN",
        "IS_UNKNOWN",
        "TRUE",
        "FALSE",
        "UNKNOWN",
        "UNTIL",
    ]
)

_RULES = r"""
start: (list_def | condition_def | rule_def)*

list_def: _LIST NAME STRING? list_part*
list_part: (INCLUDE | EXCLUDE) _strings
_strings: STRING (_COMMA? STRING)*

condition_def: _CONDITION NAME _EQUALS _expr

rule_def: _RULE NAME (STRING (_SLASH STRING)?)? clause*
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
cell: NAME _COLON (_literal | UNKNOWN)

_expr: or_ | _conjunction
or_: _conjunction (_OR _conjunction)+
_conjunction: and_ | _negation
and_: _negation (_AND _negation)+
_negation: not_ | _predicate
not_: _NOT _negation
_predicate: _operand | compare | between | in_set | known | has | near
compare: _operand CMP _operand
between: _operand _BETWEEN _operand (_AND | _BETWEEN_AND) _operand
in_set: _operand _IN _SET_OPEN _literal (_COMMA _literal)* _COMMA? _SET_CLOSE
known: _operand (IS_KNOWN | IS_UNKNOWN)
has: _TEXT (HAS_ANY | HAS_ALL | HAS_NONE) _lists qualifiers
near: _list _NEAR _list _WITHIN NUMBER qualifiers
_operand: otherwise | _primary
otherwise: _primary _OTHERWISE _literal
_primary: _literal | name | call | count | _OPEN _expr _CLOSE
count: _COUNT _lists qualifiers
call: NAME _OPEN (_argument (_COMMA _argument)*)? _CLOSE
_argument: _literal | name | call
name: NAME
_lists: _list (_COMMA _list)*
_list: list_ref | term
list_ref: REFERENCE
term: STRING
qualifiers: (ASSERTED | PLAIN)*
_literal: number | text | flag | day
number: NUMBER
text: STRING
flag: TRUE | FALSE
day: DATE

NAME: /[^\W\d]\w*/
REFERENCE: /@[^\W\d]\w*/
STRING: /"(?:[^"\\\n]|\\.)*"/
DATE.3: /\d{4}-\d{1,2}-\d{1,2}(?!\w)/
NUMBER.2: /-?\d+(?:\.\d+)?(?:[ \t]?(?:SUFFIXES))?(?!\w)/
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
_SLASH: "/"
COMMENT: /#[^\n]*/
%ignore COMMENT
%ignore /\s+/
"""


def _suffixes() -> str:
    """All unit words as one alternative, the longest first."""
    return "|".join(r"[ \t]+".join(map(re.escape, text.split())).replace("/", r"\/") for text in SUFFIX_WORDS)


def grammar_text() -> str:
    """The whole grammar in lark's notation."""
    keywords = "\n".join(f"{'' if key in _KEPT else '_'}{key}.2: /{pattern(key)}/" for key in KEYWORDS if key != "BETWEEN_AND")
    own = "_BETWEEN_AND.2: /与(?!\\w)/"
    return _RULES.replace("SUFFIXES", _suffixes()) + keywords + "\n" + own + "\n"


@cache
def parser() -> Lark:
    """The parser, built once and on first use."""
    return Lark(grammar_text(), parser="lalr", propagate_positions=True, maybe_placeholders=False)
