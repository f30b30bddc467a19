"""What a reader of a chart would stumble over: text cut off at the edge of the picture, or printed over other text."""

import matplotlib as mpl
from matplotlib.figure import Figure


def faults(figure: Figure) -> list[str]:
    """Return what a reader would stumble over: text cut off at the edge of the picture, or printed over other text."""
    figure.canvas.draw()
    renderer, page = figure.canvas.get_renderer(), figure.bbox
    hidden = _outside(figure)
    boxes = [
        (text.get_text(), text.get_window_extent(renderer))
        for text in figure.findobj(mpl.text.Text)
        if text.get_visible() and text.get_text().strip() and id(text) not in hidden
    ]
    found = [
        f"cut off: {text!r}"
        for text, box in boxes
        if box.x0 < -1 or box.y0 < -1 or box.x1 > page.x1 + 1 or box.y1 > page.y1 + 1
    ]
    for number, (text, box) in enumerate(boxes):
        for other, beside in boxes[number + 1 :]:
            across = min(box.x1, beside.x1) - max(box.x0, beside.x0)
            down = min(box.y1, beside.y1) - max(box.y0, beside.y0)
            if across > 2 and down > 2:
                found.append(f"over each other: {text!r} and {other!r}")
    return found


def _outside(figure: Figure) -> set[int]:
    """Return the labels of ticks outside the limits, which exist but are not drawn."""
    hidden = set()
    for axis in (axis for ax in figure.axes for axis in (ax.xaxis, ax.yaxis)):
        low, high = sorted(axis.get_view_interval())
        margin = 1e-9 * (high - low)
        for tick in [*axis.get_major_ticks(), *axis.get_minor_ticks()]:
            if not low - margin <= tick.get_loc() <= high + margin:
                hidden |= {id(tick.label1), id(tick.label2)}
    return hidden
