"""The help menu: first steps once more, the documentation, and what a report of a fault must tell."""

import pytest
from PySide6.QtCore import QUrl
from PySide6.QtGui import QDesktopServices, QGuiApplication

from desktop.views.tools.recent_menu import RecentMenu
from desktop.views.window.help.about import AboutDialog
from desktop.views.window.help.manual import ROOT, Manual, pages
from tests.desktop.making import write_coco


@pytest.fixture
def desk(shared_desk):
    return shared_desk


def shown(desk, command, kind):
    desk.do(command)
    return desk.window.findChildren(kind)[-1]


def test_about_names_versions_devices_body_and_network_and_copies_them(desk):
    about = shown(desk, "help.about", AboutDialog)
    about.copy.click()
    copied = QGuiApplication.clipboard().text()
    for name in (
        "Python",
        "Qt",
        "torch",
        "OpenGL",
        "Processor",
        "Graphics card",
        "Body: open body",
        "Network",
    ):
        assert name in copied
    assert "Lucide, ISC" in copied
    assert "LGPL-3.0" in copied
    about.close()


def test_every_page_of_the_documentation_is_listed_and_shown(desk):
    manual = shown(desk, "help.manual", Manual)
    assert manual.list.count() == len(list((ROOT / "docs").glob("*.md"))) + 1
    for row in range(manual.list.count()):
        manual.list.setCurrentRow(row)
        assert len(manual.page.toPlainText()) > 200
        assert manual.page.verticalScrollBar().value() == 0
    manual.close()


def test_a_link_to_a_page_is_followed_here_others_by_the_system_and_a_program_never(desk, monkeypatch):
    opened = []
    monkeypatch.setattr(QDesktopServices, "openUrl", opened.append)
    manual = shown(desk, "help.manual", Manual)
    manual.page.anchorClicked.emit(QUrl("docs/tour.md"))
    assert manual.list.currentRow() == [page.name for page in pages()].index("tour.md")
    manual.page.anchorClicked.emit(QUrl("https://example.org"))
    manual.page.anchorClicked.emit(QUrl("../LICENSE"))
    manual.page.anchorClicked.emit(QUrl("../test.sh"))
    assert [url.host() or url.fileName() for url in opened] == ["example.org", "LICENSE"]
    manual.close()


def test_words_are_found_in_a_page_and_again_from_its_beginning(desk):
    manual = shown(desk, "help.manual", Manual)
    manual.search.setText("fitloop")
    for _ in range(200):
        manual.search.returnPressed.emit()
        assert manual.page.textCursor().selectedText().lower() == "fitloop"
    manual.close()


def test_first_steps_come_back_after_they_were_closed(desk, monkeypatch):
    desk.settings.first_steps_over = True
    monkeypatch.setattr("desktop.commands.panel_menu.open_sample", lambda *_: None)
    desk.do("help.first_steps")
    assert not desk.settings.first_steps_over


def test_recent_projects_are_a_submenu_and_open_by_a_click(desk, tmp_path):
    (menu,) = desk.window.findChildren(RecentMenu)
    desk.open(write_coco(tmp_path))
    desk.do("file.close")
    desk.wait(lambda: desk.workbench.project is None)
    menu.aboutToShow.emit()
    row = menu.actions()[0]
    assert row.text().startswith("people in")
    row.trigger()
    desk.wait(lambda: desk.workbench.project is not None)
    assert desk.workbench.project.folder == tmp_path
