"""The documentation in a window: the pages of docs/, with a list of them and a search."""

from pathlib import Path
from typing import Any

from PySide6.QtCore import Qt, QUrl
from PySide6.QtGui import QDesktopServices, QImage, QTextDocument
from PySide6.QtWidgets import (
    QDialog,
    QHBoxLayout,
    QLineEdit,
    QListWidget,
    QListWidgetItem,
    QSplitter,
    QTextBrowser,
    QVBoxLayout,
    QWidget,
)

from desktop.qt_override import qt_override
from desktop.text.translate import tr

ROOT = Path(__file__).parents[4]
SIZE_PX, LIST_PX, ROW_PX, PAGE_PX, EDGE_PX = (940, 680), 190, 3, 12, 8
FILE = Qt.ItemDataRole.UserRole
TEXTS = ("", ".txt", ".md", ".toml")  # endings of files that are read, and not run


def pages() -> list[Path]:
    """The pages of the documentation: the README first."""
    return [page for page in (ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md"))) if page.is_file()]


def title_of_page(page: Path) -> str:
    """A page's first heading; its file name if it has none."""
    for line in page.read_text(encoding="utf-8", errors="replace").splitlines():
        if line.startswith("# "):
            return line.removeprefix("# ").strip()
    return page.stem


class _Page(QTextBrowser):
    """A page whose pictures are as wide as the window allows."""

    def __init__(self) -> None:
        super().__init__()
        self.setOpenLinks(False)
        self.document().setDocumentMargin(PAGE_PX)
        self.setAccessibleName(tr("Documentation"))

    @qt_override()
    def loadResource(self, kind: int, name: QUrl | str) -> Any:
        place = Path(self.document().baseUrl().resolved(QUrl(name)).toLocalFile())
        picture = QImage(str(place)) if place.is_relative_to(ROOT) else QImage()
        widest = self.viewport().width() - 3 * PAGE_PX
        if picture.width() <= widest:
            return picture
        return picture.scaledToWidth(widest, Qt.TransformationMode.SmoothTransformation)


class Manual(QDialog):
    """Shows the pages. Links between pages are followed here, others in the system's browser."""

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent)
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.setWindowTitle(tr("Documentation"))
        self.search, self.list, self.page = QLineEdit(), QListWidget(), _Page()
        self.search.setPlaceholderText(tr("Search in this page"))
        self.search.setClearButtonEnabled(True)
        self.search.returnPressed.connect(self._find)
        self.list.setAccessibleName(tr("Pages"))
        self.list.setSpacing(ROW_PX)
        self.page.anchorClicked.connect(self._follow)
        for page in pages():
            item = QListWidgetItem(title_of_page(page))
            item.setData(FILE, str(page))
            self.list.addItem(item)
        self.list.currentItemChanged.connect(lambda item: self._show(Path(item.data(FILE))))
        right = QWidget()
        column = QVBoxLayout(right)
        column.setContentsMargins(0, 0, 0, 0)
        column.addWidget(self.search)
        column.addWidget(self.page, 1)
        halves = QSplitter()
        halves.addWidget(self.list)
        halves.addWidget(right)
        halves.setStretchFactor(1, 1)
        halves.setSizes([LIST_PX, SIZE_PX[0] - LIST_PX])
        row = QHBoxLayout(self)
        row.setContentsMargins(EDGE_PX, EDGE_PX, EDGE_PX, EDGE_PX)
        row.addWidget(halves)
        self.resize(*SIZE_PX)
        self.list.setCurrentRow(0)
        if not self.list.count():
            words = tr("The pages are not beside this installation: {folder} is missing.")
            self.page.setPlainText(words.format(folder=ROOT / "docs"))

    def _show(self, page: Path) -> None:
        features = QTextDocument.MarkdownFeature
        document = self.page.document()
        document.setBaseUrl(QUrl.fromLocalFile(str(page)))
        document.setMarkdown(
            page.read_text(encoding="utf-8", errors="replace"),
            features.MarkdownDialectGitHub | features.MarkdownNoHTML,
        )
        self.page.moveCursor(self.page.textCursor().MoveOperation.Start)

    def _follow(self, link: QUrl) -> None:
        """A link to a page shows it, one within the page scrolls, and texts and web pages go to the system."""
        target = self.page.document().baseUrl().resolved(link)
        page = Path(target.toLocalFile())
        here = [row for row in range(self.list.count()) if self.list.item(row).data(FILE) == str(page)]
        if not target.isLocalFile():
            QDesktopServices.openUrl(target)
        elif here:
            self.list.setCurrentRow(here[0])
            self.page.scrollToAnchor(target.fragment())
        elif page.is_file() and page.resolve().is_relative_to(ROOT) and page.suffix in TEXTS:
            QDesktopServices.openUrl(QUrl.fromLocalFile(str(page)))

    def _find(self) -> None:
        """Select the next place of the words, from the top again at the end."""
        if not self.page.find(self.search.text()):
            self.page.moveCursor(self.page.textCursor().MoveOperation.Start)
            self.page.find(self.search.text())
