"""The packs that texts and firms are judged by: those that came with the program, and what installed plug-ins add once it has passed the checks."""

from __future__ import annotations

from risk.scoring.inputs import vocabulary
from rules.pack import Pack, load_packs
from rules.plugin_packs import usable


def usable_packs() -> tuple[Pack, ...]:
    """All packs by name, without what plug-ins bring and the checks refuse (``rules.plugin_host.installed().faults`` tells why)."""
    return usable(load_packs(), vocabulary())
