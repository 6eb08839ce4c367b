"""Statistics: of one submission (`one`) and of everything that was received (`collection`).

Both make the tables that the form's `[statistics]` asks for; `cards` knows the kinds of tables and
asks a source for its figures. Only `collection` needs the register's database.
"""

from converter.statistics.cards import Cell, Row, Source, StatisticsTable
from converter.statistics.submission import tables

__all__ = ["Cell", "Row", "Source", "StatisticsTable", "tables"]
