"""The settings dialog: one state with the menus, kept at once, restored on request."""

import pytest
from PySide6.QtCore import QSettings, Qt
from PySide6.QtWidgets import QCheckBox, QComboBox

from desktop.settings import CHOICES, FLAGS, Settings
from desktop.state.view import View
from desktop.text.language import SYSTEM, languages
from desktop.views.settings.setting_rows import TABLE
from desktop.views.settings.settings_dialog import KEYS, SettingsDialog

pytestmark = pytest.mark.slow


@pytest.fixture
def dialog(desk):
    desk.do("edit.settings")
    dialog = desk.window.findChild(SettingsDialog)
    yield dialog
    dialog.close()


def widget_of(dialog, field):
    return next(form.widgets[field] for form in dialog.forms if field in form.widgets)


def choose(widget, place):
    widget.setCurrentIndex(place)
    widget.activated.emit(place)


def kept(desk):
    """The view as the next start will have it, whatever happens to this one."""
    desk.settings._store.sync()
    return Settings(QSettings(desk.settings._store.fileName(), QSettings.Format.IniFormat)).view()


@pytest.mark.parametrize("row", TABLE, ids=lambda row: row.field)
def test_each_setting_changes_the_view_and_is_kept_at_once(desk, dialog, row):
    widget, before = widget_of(dialog, row.field), getattr(desk.workbench.view, row.field)
    if isinstance(widget, QCheckBox):
        widget.click()
    else:
        choose(widget, (widget.currentIndex() + 1) % widget.count())
    changed = getattr(desk.workbench.view, row.field)
    assert changed != before
    assert getattr(kept(desk), row.field) == changed


def test_every_setting_of_the_table_is_among_those_that_are_kept():
    assert {row.field for row in TABLE} <= {*FLAGS, *CHOICES}


@pytest.mark.parametrize("field", sorted(CHOICES))
def test_the_choices_offered_are_those_that_are_kept(field):
    from typing import get_args

    offered = next(row.choices for row in TABLE if row.field == field)
    assert {choice.value for choice in offered} == set(get_args(CHOICES[field]))


def test_a_command_of_the_menu_and_the_dialog_are_one_state(desk, dialog):
    theme = widget_of(dialog, "theme")
    desk.do("view.theme_dark")
    assert theme.currentData() == "dark"
    choose(theme, theme.findData("light"))
    assert desk.window.actions_by_id["view.theme_light"].isChecked()


def test_the_defaults_of_a_page_are_restored(desk, dialog):
    desk.workbench.change_view(theme="dark", angles="radians", advance=True, detector="mediapipe")
    desk.settings.language = "en"
    dialog.defaults.click()
    assert {row.field: getattr(desk.workbench.view, row.field) for row in TABLE} == {
        row.field: getattr(View(), row.field) for row in TABLE
    }
    assert desk.settings.language == SYSTEM
    assert dialog.language.currentData() == SYSTEM


def test_the_languages_there_are_offered_and_the_choice_is_for_the_next_start(desk, dialog):
    offered = [dialog.language.itemData(place) for place in range(dialog.language.count())]
    assert offered == [SYSTEM, *languages()]
    choose(dialog.language, offered.index("en"))
    assert desk.settings.language == "en"


def test_everything_is_reached_by_keyboard_and_has_a_name(dialog):
    widgets = [widget for form in dialog.forms for widget in form.widgets.values()]
    for widget in (*widgets, dialog.language, dialog.list, dialog.keys.search):
        assert widget.focusPolicy() & Qt.FocusPolicy.TabFocus
    assert all(box.accessibleName() for box in dialog.findChildren(QComboBox))


def test_the_keys_have_their_own_page_with_the_keyboard_in_the_search(desk, dialog):
    dialog.show_page(KEYS)
    assert dialog.pages.currentWidget() is dialog.keys
    assert dialog.focusWidget() is dialog.keys.search
