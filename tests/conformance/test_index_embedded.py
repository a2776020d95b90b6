from __future__ import annotations

import shutil
from collections.abc import Callable
from functools import partial
from itertools import count
from pathlib import Path

import pytest

from connectors.conformance.articles import ArticleConformance, OpenArticles
from connectors.conformance.index import IndexConformance, NewPlace
from connectors.conformance.relations import NewRelations, RelationConformance
from connectors.index.embedded import EmbeddedArticleStore, EmbeddedRelationStore, EmbeddedSignalIndex


@pytest.fixture
def new_file(tmp_path: Path) -> Callable[[], Path]:
    numbers = count()
    empty = tmp_path / "empty.db"
    EmbeddedSignalIndex(empty).close()  # made once and copied: making one waits for the disk several times
    return lambda: Path(shutil.copy(empty, tmp_path / f"index-{next(numbers)}.db"))


class TestEmbeddedSignalIndex(IndexConformance):
    @pytest.fixture
    def new_place(self, new_file: Callable[[], Path]) -> NewPlace:
        return lambda: partial(EmbeddedSignalIndex, new_file())


class TestEmbeddedArticleStore(ArticleConformance):
    @pytest.fixture
    def open_articles(self, tmp_path: Path) -> OpenArticles:
        return partial(EmbeddedArticleStore, tmp_path / "index.db")


class TestEmbeddedRelationStore(RelationConformance):
    @pytest.fixture
    def new_relations(self, new_file: Callable[[], Path]) -> NewRelations:
        return lambda: partial(EmbeddedRelationStore, new_file())
