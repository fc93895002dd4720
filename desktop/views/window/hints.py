"""The status bar's line of hints: the keys of what can be done now, in the place that has the keyboard."""

from collections.abc import Mapping
from typing import Literal

from PySide6.QtGui import QAction, QKeySequence

from core.body.keypoints import layout
from desktop.jobs.files.opening_steps import why_read_only
from desktop.model.workbench import Workbench
from desktop.text.translate import part, tr

Place = Literal["start", "photo", "sheet", "space", "field", "panel"]
SEPARATOR = " · "


class Hints:
    """place: the page or the panel with the keyboard; "field" for a field that is typed in."""

    def __init__(self, workbench: Workbench, actions: Mapping[str, QAction]) -> None:
        self._workbench, self._actions = workbench, actions
        self.place: Place = "start"
        self._known: tuple[tuple[object, ...], str] | None = (
            None  # the last words, and what they were made of
        )

    @property
    def urgent(self) -> bool:
        """Whether keys have another meaning until something is kept or cancelled."""
        view = self._workbench.view
        return view.boxing or view.placing or bool(view.compared)

    def words(self) -> str:
        """The hints that apply now; empty if none does. They are asked for at each of a change's signals."""
        can = [action.isEnabled() for action in self._actions.values()]
        made_of = (self._workbench.shown, self._workbench.view, self.place, can)
        if self._known is None or self._known[0] != made_of:
            self._known = (made_of, self._words())
        return self._known[1]

    def _words(self) -> str:
        workbench, view = self._workbench, self._workbench.view
        project, person = workbench.project, workbench.person
        if project is None:
            return ""
        if project.read_only:
            return why_read_only(project)
        if view.boxing:
            return tr("Arrows move the box, with Shift they size it · Enter: keep it · Esc: cancel")
        if view.compared:
            return tr("Click the other joint, or select it and press the key again · Esc: cancel")
        if self.place == "field":
            return self._keys(("panel.next", tr("next panel")))
        if self.place == "sheet":
            return SEPARATOR.join(
                [tr("Arrows: choose · Enter: show"), self._judging(("view.sheet", tr("photo")))]
            )
        if workbench.photo is None:
            return self._keys(("file.add", tr("add annotations")))
        if person is None:
            return self._keys(
                ("person.detect", tr("detect people")),
                ("person.draw", tr("draw a person")),
                ("person.next_photo", tr("next photo")),
            )
        if view.placing:
            name = part(layout(person.keypoints.layout).keypoints[view.keypoint])
            words = tr("Click where the {name} is, or move it there with arrows · Tab: next · Esc: stop")
            return words.format(name=name)
        if person.locked:
            unlock = self._keys(("person.todo", tr("unlock")), ("person.next_worst", tr("next worst")))
            return SEPARATOR.join([tr("Accepted and locked"), unlock])
        if person.fit is None:
            return self._keys(
                ("fit.fit", tr("fit")),
                ("fit.guess", tr("fit from the guess")),
                ("fit.queue", tr("fit everybody")),
                ("edit.place", tr("place keypoints")),
                ("help.shortcuts", tr("all keys")),
            )
        return self._of_a_fit()

    def _of_a_fit(self) -> str:
        if self.place == "space":
            mouse = tr("Drag a joint: its limb follows · drag beside it: turn · wheel: zoom")
            return SEPARATOR.join([mouse, self._keys(("space.home", tr("whole body")))])
        first = [tr("Drag keypoints")] if self.place == "photo" and self._workbench.view.skeleton else []
        return SEPARATOR.join([*first, self._judging(("help.shortcuts", tr("all keys")))])

    def _judging(self, last: tuple[str, str]) -> str:
        return self._keys(
            ("fit.fit", tr("fit")),
            ("person.accept", tr("accept")),
            ("person.reject", tr("reject")),
            ("person.later", tr("later")),
            ("person.next_worst", tr("next")),
            last,
        )

    def _keys(self, *commands: tuple[str, str]) -> str:
        """The keys of those commands that are available, with words for what they do."""
        found = []
        for name, words in commands:
            action = self._actions[name]
            keys = action.shortcut().toString(QKeySequence.SequenceFormat.NativeText)
            if keys and action.isEnabled():
                found.append(tr("{keys}: {does}").format(keys=keys, does=words))
        return SEPARATOR.join(found)
