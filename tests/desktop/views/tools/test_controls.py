"""Ticks, spin boxes and scroll bars: in the colours of the theme, and seen in both."""

import numpy as np
import pytest
from PySide6.QtWidgets import QApplication, QCheckBox, QSpinBox

from desktop import theme
from desktop.style_sheet import CONTROLS
from desktop.theme import DARK, LIGHT
from tests.desktop.contrast import GRAPHICS, drawn, of_names

INDICATOR_PX = 20  # from the left edge of a check box


@pytest.fixture(params=[LIGHT, DARK], ids=lambda colours: colours.name)
def colours(request, qapp):
    theme.apply(request.param)
    yield request.param
    theme.apply(LIGHT)


def shown(qtbot, widget):
    qtbot.addWidget(widget)
    widget.setAutoFillBackground(True)
    widget.resize(widget.sizeHint())
    widget.show()
    QApplication.processEvents()
    return widget


def share_of(picture, colour, within=40):
    """The share of pixels of a picture (H, W, 3) that are nearly of a colour, #rrggbb."""
    wanted = np.array(tuple(bytes.fromhex(colour[1:])), int)
    return float((np.abs(picture.astype(int) - wanted).max(axis=-1) < within).mean())


def test_a_tick_is_seen_on_its_box_and_the_box_on_the_window(qtbot, colours):
    assert of_names(colours.on_accent, colours.accent) >= GRAPHICS
    assert of_names(colours.accent, colours.window) >= GRAPHICS
    box = shown(qtbot, QCheckBox("Fit the shape"))
    empty = drawn(box)[:, :INDICATOR_PX]
    box.setChecked(True)
    ticked = drawn(box)[:, :INDICATOR_PX]
    assert share_of(empty, colours.accent) < 0.05
    assert share_of(ticked, colours.accent) > 0.3
    assert share_of(ticked, colours.on_accent) > 0.02


def test_an_empty_box_has_an_edge_that_is_seen(qtbot, colours):
    assert of_names(colours.muted, colours.base) >= GRAPHICS
    empty = drawn(shown(qtbot, QCheckBox("Fit the shape")))[:, :INDICATOR_PX]
    assert share_of(empty, colours.muted) > 0.03


def test_a_spin_box_has_both_arrows_until_it_has_reached_an_end(qtbot, colours):
    number = shown(qtbot, QSpinBox())
    number.setRange(0, 5)
    number.setValue(3)
    both = share_of(drawn(number)[:, -14:], colours.muted)
    number.setValue(5)
    one = share_of(drawn(number)[:, -14:], colours.muted)
    assert both > one > 0


@pytest.mark.parametrize("colours", [LIGHT, DARK], ids=lambda colours: colours.name)
def test_the_pictures_of_the_controls_have_the_colours_of_their_theme(colours):
    for names, colour in ((("check", "minus"), colours.on_accent), (("up", "down"), colours.muted)):
        for name in names:
            assert colour in (CONTROLS / f"{name}-{colours.name}.svg").read_text(encoding="utf-8")
