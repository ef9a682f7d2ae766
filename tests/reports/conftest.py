"""Pictures in tests are drawn with the fonts of the packages, whatever the machine has."""

from collections.abc import Iterator
from pathlib import Path

import matplotlib
import pytest
from matplotlib import font_manager

from reports import style


@pytest.fixture(autouse=True, scope="module")
def package_fonts() -> Iterator[None]:
    data = Path(matplotlib.get_data_path())
    manager = font_manager.fontManager
    bundled = [f for f in manager.ttflist if Path(f.fname).is_relative_to(data)]
    style._signs.cache_clear()
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(manager, "ttflist", bundled)
        patch.setattr(style, "CJK", ("Noto Sans SC",))
        patch.setattr(style, "OTHER", ())
        yield
    style._signs.cache_clear()
