"""The window in another language: one made here of brackets, so that whatever stays bare is seen to be English."""

import re
import subprocess
from pathlib import Path
from xml.etree import ElementTree

import PySide6
import pytest
from PySide6.QtCore import QSettings
from PySide6.QtGui import QAction, QKeySequence
from PySide6.QtWidgets import (
    QAbstractButton,
    QAbstractSpinBox,
    QApplication,
    QComboBox,
    QGroupBox,
    QLabel,
    QLineEdit,
    QMenu,
    QWidget,
)

import desktop.app
from core.formats.table import FORMATS
from desktop.settings import Settings
from desktop.text import part_names, term_names
from desktop.text.format_texts import FORMAT_TEXTS
from desktop.text.language import SYSTEM, TRANSLATIONS, speak
from desktop.text.translate import part, tr, verdict
from tests.desktop.desk import Desk
from tests.desktop.making import write_coco

pytestmark = pytest.mark.slow

ROOT = Path(__file__).parents[3]
OPEN, CLOSE = "⟦", "⟧"
ENGLISH_WORD = re.compile(r"[A-Za-z]{3,}")
NAMES = re.compile(
    r"Fitloop|COCO|SPIN|OCHMR|PoseNet3D|Lifter|EFT|OpenPose|photo_\d\.jpg|^people$|^open body$|^English$"
)
QTS_OWN = {  # Qt's to translate; it has no Esperanto
    *("Close", "Float", "Scroll Left", "Scroll Right", "Press shortcut", "Restore Defaults", "Export..."),
}
OF_CORE = "COCO keypoints: "  # what core reports of a file is the same on the terminal, and English


def tool(name: str, *arguments: object) -> None:
    """One of Qt's translation tools, which come with PySide6-Essentials."""
    program = next(Path(PySide6.__file__).parent.glob(f"{name}*"))
    subprocess.run([program, *map(str, arguments)], cwd=ROOT, check=True, capture_output=True)


def sources() -> list[Path]:
    return sorted((ROOT / "desktop").rglob("*.py"))


@pytest.fixture(scope="module")
def brackets(tmp_path_factory):
    """A folder with a translation of everything into itself in brackets, called Esperanto."""
    folder = tmp_path_factory.mktemp("translations")
    file = folder / "fitloop_eo.ts"
    tool("lupdate", *sources(), "-target-language", "eo", "-ts", file)
    tree = ElementTree.parse(file)
    for message in tree.iter("message"):
        translation = message.find("translation")
        translation.attrib.pop("type", None)
        words = f"{OPEN}{message.findtext('source')}{CLOSE}"
        forms = translation.findall("numerusform")
        for form in forms or [translation]:
            form.text = words
    tree.write(file, encoding="utf-8", xml_declaration=True)
    tool("lrelease", file)
    return folder


@pytest.fixture
def spoken(qapp, brackets):
    """The program in brackets."""
    speak(qapp, "eo", brackets)
    yield qapp
    speak(qapp, "C")


def words_of(window: QWidget) -> set[str]:
    """What can be read in a window, what a screen reader says, and what the mouse is told."""
    said: list[str] = [action.text() for action in window.findChildren(QAction)]
    said += [menu.title() for menu in window.findChildren(QMenu)]
    for widget in window.findChildren(QWidget):
        said += [widget.toolTip(), widget.accessibleName(), widget.windowTitle()]
        if isinstance(widget, QLabel | QAbstractButton):
            said.append(widget.text())
        if isinstance(widget, QGroupBox):
            said.append(widget.title())
        if isinstance(widget, QLineEdit) and not isinstance(widget.parent(), QAbstractSpinBox):
            said.append(widget.placeholderText())
        if isinstance(widget, QComboBox):
            said += [widget.itemText(place) for place in range(widget.count())]
    return set(said)


def english(words: str) -> bool:
    """Whether something outside of brackets is a word of ours."""
    if words in QTS_OWN or words.startswith(OF_CORE) or QKeySequence(words).toString() == words:
        return False
    inside_out = words
    while OPEN in inside_out:
        inside_out, count = re.subn(rf"{OPEN}[^{OPEN}{CLOSE}]*{CLOSE}", "", inside_out)
        if not count:
            break
    plain = NAMES.sub("", re.sub(r"<[^>]*>|&nbsp;", "", inside_out))
    return bool(ENGLISH_WORD.search(plain))


@pytest.fixture
def bracketed(qtbot, tmp_path, spoken):
    """The window in brackets, on two photos."""
    desk = Desk(qtbot, tmp_path)
    folder = tmp_path / "photos"
    folder.mkdir()
    desk.open(write_coco(folder))
    yield desk
    desk.window.close()


def test_the_whole_window_speaks_another_language(bracketed):
    desk = bracketed
    desk.fit()
    read = words_of(desk.window)
    own = {action.text() for action in desk.window.actions_by_id.values()}
    assert all(words.startswith(OPEN) for words in own)
    assert {words for words in read if english(words)} == set()


@pytest.mark.parametrize("command", ["help.shortcuts", "help.change_shortcuts"])
def test_its_dialogs_speak_it_too(bracketed, command):
    desk = bracketed
    desk.do(command)
    (dialog,) = [widget for widget in QApplication.topLevelWidgets() if widget.inherits("QDialog")]
    read = {words for words in words_of(dialog) if english(words)}
    dialog.close()
    assert read == set()


def test_what_is_told_and_undone_is_in_the_language(bracketed):
    desk = bracketed
    desk.fit()
    desk.do("person.accept")
    desk.do("file.save_fits")
    desk.wait(lambda: not desk.workbench.busy)
    assert desk.told[-1].startswith(OPEN)
    assert "4" in desk.told[-1]
    entries = [desk.workbench.history.text(place) for place in range(desk.workbench.history.count())]
    assert entries
    assert all(entry.startswith(OPEN) for entry in entries)
    assert desk.workbench.job.title == ""


def test_joints_and_verdicts_have_their_words(spoken):
    assert part("left_wrist") == f"{OPEN}left wrist{CLOSE}"
    assert part("openpose_neck") == f"{OPEN}{OPEN}neck{CLOSE} of OpenPose{CLOSE}"
    assert verdict("todo") == f"{OPEN}to do{CLOSE}"


def test_every_joint_and_keypoint_is_listed_for_translation():
    from core.body.keypoints import LAYOUTS, layout
    from core.body.tree import JOINT_NAMES

    known = set(part_names.PART_NAMES)
    for name in [*JOINT_NAMES, *(name for one in LAYOUTS for name in layout(one).keypoints)]:
        assert name.removeprefix("openpose_").replace("_", " ") in known


def test_what_the_window_says_of_every_format_is_listed_for_translation():
    words = {words for row in FORMATS.values() for words in (row.menu, row.title)}
    assert words - {""} == set(FORMAT_TEXTS)


def test_every_term_of_a_fit_is_listed_for_translation():
    from core.fitting.terms.all_terms import TERMS

    assert {term.name for term in TERMS} == set(term_names.TERM_NAMES)


def test_english_has_one_photo_and_two_photos(qapp):
    speak(qapp, "en_GB")
    assert tr("%n photos found.", "", 1) == "1 photo found."
    assert tr("%n photos found.", "", 2) == "2 photos found."


def test_a_language_nobody_translated_into_stays_english(qapp):
    speak(qapp, "sw")
    assert tr("No person is selected.") == "No person is selected."
    assert tr("%n photos found.", "", 1) == "1 photo found."


def closing(qapp):
    """What Qt writes on a button that closes."""
    return qapp.translate("QPlatformTheme", "Close")


def test_qts_own_words_are_in_the_language_of_ours_and_never_in_another(qapp, tmp_path):
    speak(qapp, "de", tmp_path)
    assert closing(qapp) == "Close"
    file = tmp_path / "fitloop_de.ts"
    tool("lupdate", ROOT / "desktop" / "text" / "translate.py", "-ts", file)
    empty = '<translation type="unfinished"></translation>'
    file.write_text(file.read_text().replace(empty, "<translation>x</translation>"))
    tool("lrelease", file)
    speak(qapp, "de_AT", tmp_path)
    assert closing(qapp) == "Schließen"
    assert tr("accepted") == "x"
    speak(qapp, "C")
    assert closing(qapp) == "Close"


def test_the_shipped_plurals_are_those_of_the_source(tmp_path):
    ours, file = TRANSLATIONS / "fitloop_en.ts", tmp_path / "fitloop_en.ts"
    tool("lupdate", *sources(), "-pluralonly", "-target-language", "en", "-ts", file)
    wanted = {message.findtext("source") for message in ElementTree.parse(file).iter("message")}
    messages = list(ElementTree.parse(ours).iter("message"))
    assert {message.findtext("source") for message in messages} == wanted
    assert all(form.text for message in messages for form in message.iter("numerusform"))
    tool("lrelease", ours, "-qm", tmp_path / "fitloop_en.qm")
    assert (tmp_path / "fitloop_en.qm").read_bytes() == (TRANSLATIONS / "fitloop_en.qm").read_bytes()


def test_a_language_that_was_asked_for_once_is_spoken_from_then_on(qapp, tmp_path, monkeypatch):
    settings = Settings(QSettings(str(tmp_path / "settings.ini"), QSettings.Format.IniFormat))
    said = []
    monkeypatch.setattr(desktop.app, "Settings", lambda: settings)
    monkeypatch.setattr(desktop.app, "speak", lambda application, name: said.append(name))
    assert settings.language == SYSTEM
    for asked in (["--language", "pt_BR"], []):
        assert desktop.app.main([*asked, "--screenshot", str(tmp_path / "picture.png")]) == 0
    assert said == ["pt_BR", "pt_BR"]
