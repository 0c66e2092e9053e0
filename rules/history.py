"""Windows and relations as a host is asked for them: every name in English.

>>> from rules.functions import Relation, Stream
>>> words = Vocabulary(streams=(Stream("complaints", "投诉"),), relations=(Relation("same_address", "同址"),))
>>> query_of(Window(Aggregate.COUNT, "投诉", "", 30.0, "同址"), words)
WindowQuery(aggregate=<Aggregate.COUNT: 'count'>, stream='complaints', field='', days=30.0, relation='same_address')
"""

from rules.functions import Vocabulary
from rules.inputs import WindowQuery
from rules.nodes import Aggregate, Window

__all__ = ["Aggregate", "query_of", "relation_of"]


def query_of(node: Window, vocabulary: Vocabulary) -> WindowQuery:
    """The question a window asks; unknown names stay as written."""
    stream = vocabulary.stream(node.stream)
    field = stream.field(node.field) if stream else None
    relation = relation_of(node.relation, vocabulary)
    return WindowQuery(node.aggregate, stream.name if stream else node.stream, field.name if field else node.field, node.days, relation)


def relation_of(name: str, vocabulary: Vocabulary) -> str:
    """The English name of a relation."""
    relation = vocabulary.relation(name)
    return relation.name if relation else name
