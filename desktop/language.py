"""The language of the window: translations lie in resources/translations, and Qt brings those of its own dialogs.

English stands in the source; its own file has nothing but singular and plural.
"""

from pathlib import Path

from PySide6.QtCore import QCoreApplication, QLibraryInfo, QLocale, QTranslator

TRANSLATIONS = Path(__file__).parents[1] / "resources" / "translations"
OURS, QTS, BETWEEN = "fitloop", "qtbase", "_"  # OURS_de.qm is ours in German
ENGLISH = QLocale("en")
SYSTEM = "system"


def speak(application: QCoreApplication, name: str = SYSTEM, folder: Path = TRANSLATIONS) -> None:
    """Use a language from now on, such as "de" or "pt_BR", or that of the desktop around the window.

    What is not translated into it stays English. Windows that are open keep theirs.
    """
    locale = QLocale.system() if name == SYSTEM else QLocale(name)
    for translator in application.findChildren(QTranslator):
        application.removeTranslator(translator)
        translator.deleteLater()
    qts = QLibraryInfo.path(QLibraryInfo.LibraryPath.TranslationsPath)
    for spoken, file, place in (
        (ENGLISH, OURS, TRANSLATIONS),
        (locale, QTS, qts),
        (locale, OURS, folder),
    ):
        translator = QTranslator(application)
        if translator.load(spoken, file, BETWEEN, str(place)):
            application.installTranslator(translator)
