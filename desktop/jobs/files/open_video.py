"""Opens a video as a project of its frames, which are decoded once, in order, into the cache of frames."""

from collections.abc import Iterator
from pathlib import Path

from core.errors import Undecided
from core.store import Project
from desktop.jobs.files.asking import Answers
from desktop.jobs.files.opening_steps import PROJECT_SUFFIX, Opening, created, opened
from desktop.text.translate import tr

FRAMES_A_STEP = 10


def open_video(video: Path, answers: Answers) -> Iterator[Opening]:
    """Open a video as NAME.fitloop beside it. A project that is there already is opened as it is. Raises FitloopError.

    answers: to the question of `ask_for_frames`, which a long video ends with at first.
    """
    from core.formats.photos.video_photos import OPTION, VideoPhotos, ask_for_frames, video_facts, video_steps
    from core.formats.question import Question

    file = video.with_suffix(PROJECT_SUFFIX)
    if file.exists():
        yield opened(Project.open(file))
        return
    yield Opening(0, 0)
    frames = answers.get(OPTION)
    try:
        if frames is None:
            ask_for_frames(video)
    except Undecided as undecided:
        yield Opening(1, 1, question=Question(undecided.problem, undecided.option, undecided.ways, {}))
        return
    claimed = video_facts(video).claimed
    steps = video_steps(video, frames or "all")
    while True:
        try:
            step = next(steps)
        except StopIteration as end:
            found: VideoPhotos = end.value
            break
        if step.number % FRAMES_A_STEP == 0:
            yield Opening(min(step.number, claimed), claimed)
    project = created(file, found.photos, tr("Add %n photos", "", len(found.photos)))
    yield opened(project, "\n".join(found.notes), project.photo_ids())
