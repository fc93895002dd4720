"""Icons of commands: one family of line drawings, in the colours of the theme."""

from functools import lru_cache
from pathlib import Path

from PySide6.QtCore import QByteArray, QRectF, Qt
from PySide6.QtGui import QIcon, QPainter, QPixmap
from PySide6.QtSvg import QSvgRenderer

from desktop.theme import Theme, ThemeName, theme

FOLDER = Path(__file__).parents[3] / "resources" / "icons"
APPLICATION = FOLDER.parent / "application"
APPLICATION_SIZES_PX = {"fitloop-small": (16, 20, 22, 24), "fitloop": (32, 48, 64, 96, 128, 256)}
SIZES_PX = (20, 40)  # plain screens, and those of two pixels a point
# The drawing of each command, and the theme's colour where it is not that of text.
DRAWINGS: dict[str, tuple[str, str]] = {
    "file.open": ("folder-open", "text"),
    "file.save_fits": ("save", "text"),
    "edit.undo": ("undo-2", "text"),
    "edit.redo": ("redo-2", "text"),
    "person.detect": ("scan-search", "text"),
    "person.draw": ("user-plus", "text"),
    "fit.fit": ("person-standing", "accent"),
    "fit.queue": ("users", "accent"),
    "fit.guess": ("wand-sparkles", "accent"),
    "fit.alternatives": ("layers", "accent"),
    "person.accept": ("circle-check", "accepted"),
    "person.reject": ("square-x", "rejected"),
    "person.later": ("clock", "later"),
    "person.next_worst": ("skip-forward", "text"),
    "fit.selected": ("users", "accent"),
    "fit.guess_selected": ("wand-sparkles", "accent"),
    "person.sort": ("arrow-down-wide-narrow", "accent"),
    "person.next_photo": ("chevron-right", "text"),
    "person.last_photo": ("chevron-left", "text"),
    "person.show_in_folder": ("folder", "text"),
    "person.copy_name": ("copy", "text"),
    "sequence.play": ("circle-play", "accent"),
    "sequence.swap": ("arrow-left-right", "text"),
    "sequence.cut": ("unlink", "text"),
    "sequence.join": ("arrow-right-to-line", "text"),
    "sequence.find": ("waypoints", "text"),
    "view.overlay": ("blend", "text"),
    "view.skeleton": ("waypoints", "text"),
    "view.boxes": ("square-dashed", "text"),
    "view.sheet": ("layout-grid", "text"),
    "view.person": ("focus", "text"),
    "view.whole": ("maximize", "text"),
    "edit.swap_person": ("arrow-left-right", "text"),
    "edit.place": ("mouse-pointer-click", "text"),
    "edit.settings": ("settings", "text"),
    "edit.select": ("mouse-pointer-2", "text"),
    "view.zoom_in": ("zoom-in", "text"),
    "view.zoom_out": ("zoom-out", "text"),
    "view.style": ("contrast", "text"),
    "space.frame": ("focus", "text"),
    "space.from_front": ("scan-face", "text"),
    "space.from_left": ("arrow-right-to-line", "text"),
    "space.from_top": ("arrow-down-to-line", "text"),
    "space.everyone": ("users", "text"),
    "space.estimate_tilt": ("rotate-ccw", "text"),
    "edit.visibility": ("eye", "text"),
    "edit.delete": ("trash-2", "text"),
    "edit.swap_limb": ("arrow-right-left", "text"),
    "edit.exchange_limb": ("replace", "text"),
    "edit.exchange_detection": ("repeat-2", "text"),
    "edit.copy_last": ("copy", "text"),
    "edit.copy_next": ("copy", "text"),
    "edit.restore": ("rotate-ccw", "text"),
    "body.flip": ("flip-horizontal-2", "text"),
    "body.nearer": ("chevrons-down", "text"),
    "body.farther": ("chevrons-up", "text"),
    "body.nearer_than": ("arrow-down-narrow-wide", "text"),
    "body.farther_than": ("arrow-down-wide-narrow", "text"),
    "body.reset_joint": ("rotate-ccw", "text"),
    "body.reset_pose": ("rotate-ccw", "text"),
    "body.reset_shape": ("rotate-ccw", "text"),
    "body.left_foot": ("footprints", "text"),
    "body.right_foot": ("footprints", "text"),
    "body.let_go": ("unlink", "text"),
    "space.rings": ("rotate-3d", "text"),
    "space.home": ("maximize", "text"),
    "space.from_photo": ("camera", "text"),
    "space.side_view": ("columns-2", "text"),
    "space.wireframe": ("box", "text"),
    "space.floor": ("grid-3x3", "text"),
    "space.ghost_guess": ("ghost", "text"),
    "space.ghost_previous": ("ghost", "text"),
    "space.ghost_truth": ("ghost", "text"),
    "person.todo": ("lock-open", "text"),
    "person.adjust_box": ("scaling", "text"),
    "person.box": ("scan", "text"),
    "person.delete": ("trash-2", "text"),
    "fit.anew": ("refresh-cw", "text"),
    "fit.network": ("network", "text"),
    "help.palette": ("command", "text"),
    "help.shortcuts": ("keyboard", "text"),
    "help.report": ("file-text", "text"),
    "file.open_photos": ("images", "text"),
    "file.add": ("file-plus", "text"),
    "file.find_photos": ("folder-search", "text"),
    "view.other_bodies": ("users", "text"),
}


def icon(command: str, colours: Theme) -> QIcon:
    """A command's icon; muted where the command is not available. Empty for a command without a drawing."""
    return _icon(command, colours.name)


@lru_cache(maxsize=128)
def _icon(command: str, theme_name: ThemeName) -> QIcon:
    found, colours = QIcon(), theme(theme_name)
    if command in DRAWINGS:
        drawing, colour = DRAWINGS[command]
        text = (FOLDER / f"{drawing}.svg").read_text(encoding="utf-8")
        for mode, shade, opacity in (
            (QIcon.Mode.Normal, getattr(colours, colour), 1.0),
            (QIcon.Mode.Selected, colours.on_accent, 1.0),
            (QIcon.Mode.Disabled, colours.muted, 0.45),
        ):
            for size in SIZES_PX:
                found.addPixmap(_drawn(text.replace("currentColor", shade), size, opacity), mode)
    return found


def drawn(drawing: str, colour: str, size: int, ratio: float = 1.0) -> QPixmap:
    """A drawing of the family, of a size [px of widgets]. ratio: of the screen's pixels to those of widgets."""
    text = (FOLDER / f"{drawing}.svg").read_text(encoding="utf-8")
    pixmap = _drawn(text.replace("currentColor", colour), round(size * ratio), 1.0)
    pixmap.setDevicePixelRatio(ratio)
    return pixmap


@lru_cache(maxsize=1)
def application_icon() -> QIcon:
    """The program's own icon. Small sizes have a drawing of their own, without the ring."""
    found = QIcon()
    for name, sizes in APPLICATION_SIZES_PX.items():
        text = (APPLICATION / f"{name}.svg").read_text(encoding="utf-8")
        for size in sizes:
            found.addPixmap(_drawn(text, size, 1.0))
    return found


def _drawn(svg: str, size: int, opacity: float) -> QPixmap:
    pixmap = QPixmap(size, size)
    pixmap.fill(Qt.GlobalColor.transparent)
    with QPainter(pixmap) as painter:
        painter.setOpacity(opacity)
        QSvgRenderer(QByteArray(svg.encode())).render(painter, QRectF(0, 0, size, size))
    return pixmap
