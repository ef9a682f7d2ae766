"""How a sheet comes out on paper: one page wide where that can be read, else several with the first columns again."""

from __future__ import annotations

from collections.abc import Sequence

from xlsxwriter.worksheet import Worksheet

#: Pixels a page of A4 holds at full size, across and upright, within the margins. Office programs that lack the font
#: make columns up to 6 % wider than Excel does.
ACROSS, UPRIGHT = 980, 670
#: Smallest type that is still read, by its size on the screen; and the size aimed at where columns go on more pages.
LEAST, WELL = 0.62, 0.72
#: Never smaller than this, however wide a column is.
FLOOR = 0.4
MARGINS = {"left": 0.4, "right": 0.4, "top": 0.5, "bottom": 0.65}


def pixels(width: float) -> int:
    """Return how many pixels a column as wide as so many signs takes."""
    return int(width * 7 + 5)


def lay_out(
    sheet: Worksheet, widths: Sequence[float], last: int, lead: int, starts: Sequence[int] = (), until: int = 0
) -> None:
    """Spread the columns of a table over pages.

    Parameters
    ----------
    widths : of the columns, in signs.
    last : row of the table, from 0.
    lead : how many first columns come again on every page.
    starts : columns that may begin a page; by default any may.
    until : how many columns are printed at all, on one page's width; 0 for all of them, on as many as it takes.
    """
    wide = [pixels(w) for w in widths[: until or None]]
    if until:
        sheet.print_area(0, 0, last, until - 1)
    if until or sum(wide) * LEAST <= ACROSS:
        sheet.fit_to_pages(1, 0)
        return
    again = sum(wide[:lead])
    blocks = sorted({*(s for s in starts if s > lead), *(() if starts else range(lead + 1, len(wide)))})
    breaks: list[int] = []
    pages, used = [again], again
    for first, end in zip([lead, *blocks], [*blocks, len(wide)], strict=True):
        part = sum(wide[first:end])
        if used > again and (used + part) * WELL > ACROSS:
            breaks.append(first)
            pages.append(again)
            used = again
        used += part
        pages[-1] = used
    sheet.set_print_scale(max(int(100 * FLOOR), min(100, int(100 * ACROSS / max(pages)))))
    sheet.set_v_pagebreaks(breaks)
    sheet.repeat_columns(0, lead - 1)
    sheet.print_across()


def upright(sheet: Worksheet, pages: Sequence[int], breaks: Sequence[int]) -> None:
    """Print a sheet upright on pages side by side, each so many pixels wide, broken before the columns `breaks`."""
    sheet.set_portrait()
    sheet.set_print_scale(max(int(100 * FLOOR), min(100, int(100 * UPRIGHT / max(pages)))))
    sheet.set_v_pagebreaks(list(breaks))
    sheet.print_across()
