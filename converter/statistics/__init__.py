"""Statistics: of one submission (`submission`) and of everything that was received (`collection`).

Both make the tables that the form's `[statistics]` asks for: `cards` knows the kinds of tables
and asks a source for its numbers. Only `collection` needs the register's database.
"""

from converter.statistics.cards import Source
from converter.statistics.figure import Cell, Chart, Column, Figure, Row, StatisticsTable

__all__ = ["Cell", "Chart", "Column", "Figure", "Row", "Source", "StatisticsTable"]
