"""Questions only the user can answer: which file."""

from pathlib import Path

from PySide6.QtWidgets import QFileDialog, QWidget

from desktop.settings import Settings
from desktop.text.translate import tr


class Dialogs:
    """File dialogs that begin where the last one ended."""

    def __init__(self, parent: QWidget, settings: Settings) -> None:
        self._parent, self._settings = parent, settings

    def ask_for_file(self, kind: str) -> Path | None:
        """An existing file ("any", "body") or folder ("photos"); None when the user chooses none."""
        folder = self._settings.folder
        everything = tr("All files (*)")
        if kind == "photos":
            name = QFileDialog.getExistingDirectory(self._parent, tr("Open photos"), folder)
        elif kind == "body":
            filters = ";;".join((tr("Body files (*.pkl *.npz)"), everything))
            name, _ = QFileDialog.getOpenFileName(self._parent, tr("Open body"), folder, filters)
        else:
            known = tr("Projects and annotations (*.fitloop *.json *.npz *.mat *.xml *.pkl *.txt)")
            name, _ = QFileDialog.getOpenFileName(
                self._parent, tr("Open"), folder, ";;".join((known, everything))
            )
        return self._remember(name)

    def ask_for_new_file(self, kind: str) -> Path | None:
        """Where to write; None when the user chooses nowhere."""
        filters = {
            "coco": tr("COCO keypoints (*.json)"),
            "spin": tr("SPIN data set (*.npz)"),
            "eft": tr("EFT fits (*.json)"),
            "parameters": tr("SMPL parameters (*.npz *.json)"),
            "mesh": tr("Meshes (*.obj *.ply *.glb)"),
        }
        name, _ = QFileDialog.getSaveFileName(
            self._parent, tr("Export"), self._settings.folder, filters[kind]
        )
        return self._remember(name)

    def _remember(self, name: str) -> Path | None:
        if not name:
            return None
        self._settings.folder = str(Path(name).parent)
        return Path(name)
