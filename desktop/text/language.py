"""Chooses the language of the window. Translations are in resources/translations; Qt brings those of its own dialogs.

The source is English. The English translation file holds only singular and plural forms.
"""

from pathlib import Path

from PySide6.QtCore import QCoreApplication, QLibraryInfo, QLocale, QTranslator

from desktop.text.translate import part

TRANSLATIONS = Path(__file__).parents[2] / "resources" / "translations"
OURS, QTS, BETWEEN = "fitloop", "qtbase", "_"  # parts of file names: fitloop_de.qm is our German translation
ENGLISH = QLocale("en")
SYSTEM = "system"


def speak(application: QCoreApplication, name: str = SYSTEM, folder: Path = TRANSLATIONS) -> None:
    """Use a language from now on, such as "de" or "pt_BR". SYSTEM: the language of the user's desktop.

    Texts without translation stay English. Qt's own texts stay English too if there is no translation of ours. Open
    windows keep their language.
    """
    locale = QLocale.system() if name == SYSTEM else QLocale(name)
    for translator in application.findChildren(QTranslator):
        application.removeTranslator(translator)
        translator.deleteLater()
    spoken = _install(application, ENGLISH, OURS, TRANSLATIONS)
    spoken = _install(application, locale, OURS, folder) or spoken
    part.cache_clear()
    qts = Path(QLibraryInfo.path(QLibraryInfo.LibraryPath.TranslationsPath))
    _install(application, QLocale(spoken), QTS, qts)


def languages(folder: Path = TRANSLATIONS) -> list[str]:
    """The languages that the window has, English first, as names that `speak` takes."""
    ours = {file.stem.removeprefix(OURS + BETWEEN) for file in folder.glob(f"{OURS}{BETWEEN}*.qm")}
    return ["en", *sorted(ours - {"en"})]


def _install(application: QCoreApplication, locale: QLocale, file: str, folder: Path) -> str:
    """Install a folder's translation for a locale. Returns its language, empty if the folder has none."""
    translator = QTranslator(application)
    if not translator.load(locale, file, BETWEEN, str(folder)):
        return ""
    application.installTranslator(translator)
    return Path(translator.filePath()).stem.removeprefix(file + BETWEEN)
