"""The language of the window: translations lie in resources/translations, and Qt brings those of its own dialogs.

English stands in the source; its own file has nothing but singular and plural.
"""

from pathlib import Path

from PySide6.QtCore import QCoreApplication, QLibraryInfo, QLocale, QTranslator

from desktop.text.translate import part

TRANSLATIONS = Path(__file__).parents[2] / "resources" / "translations"
OURS, QTS, BETWEEN = "fitloop", "qtbase", "_"  # OURS_de.qm is ours in German
ENGLISH = QLocale("en")
SYSTEM = "system"


def speak(application: QCoreApplication, name: str = SYSTEM, folder: Path = TRANSLATIONS) -> None:
    """Use a language from now on, such as "de" or "pt_BR", or that of the desktop around the window.

    What is not translated into it stays English, Qt's own words too where nothing of ours is translated. Windows that
    are open keep theirs.
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


def _install(application: QCoreApplication, locale: QLocale, file: str, folder: Path) -> str:
    """Returns the language of the translation that a folder has for a locale, empty where it has none."""
    translator = QTranslator(application)
    if not translator.load(locale, file, BETWEEN, str(folder)):
        return ""
    application.installTranslator(translator)
    return Path(translator.filePath()).stem.removeprefix(file + BETWEEN)
