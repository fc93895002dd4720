"""A format that only the tests know, in one file: people as lines of text, photo, size, box and keypoints of COCO's."""

from core.body.keypoints import layout
from core.formats.format_row import Format
from core.formats.shared.glimpse import NO, SURE
from core.formats.shared.photo_folder import PhotoFolder
from core.formats.shared.report import Export, Report
from core.records import BBox, Keypoints, Person, Photo

FORMAT = "toy people"
LAYOUT = "coco17"
FIRST_LINE = "people of the toy format"


def recognise(seen):
    return SURE if seen.start.startswith(FIRST_LINE) else NO


def read(path, photos=None):
    report, folder = Report(path, FORMAT), PhotoFolder(photos or path.parent)
    found = {}
    for number, line in enumerate(path.read_text().splitlines()[1:], start=1):
        name, *words = line.split()
        width, height, x, y, scale, *keypoints = map(float, words)
        columns = [keypoints[part::3] for part in range(3)]
        rows = [list(row) for row in zip(*columns, strict=True)]
        person = Person(number, BBox([x, y], scale), Keypoints.from_array(LAYOUT, rows))
        relative = folder.relative(name)
        photo = found.get(relative) or Photo(relative, int(width), int(height))
        found[relative] = photo.with_(people=(*photo.people, person))
    return report.done(found.values())


def write(path, photos):
    lines = [FIRST_LINE]
    for photo in photos:
        for person in photo.people:
            assert person.keypoints.k == layout(LAYOUT).k
            numbers = [*person.bbox.center, person.bbox.scale, *person.keypoints.array.ravel()]
            lines.append(" ".join(map(str, (photo.path, photo.width, photo.height, *numbers))))
    path.write_text("\n".join(lines))
    return Export(len(lines) - 1)


ROW = Format(
    "toy",
    (".toy",),
    reads="the toy format",
    recognise=recognise,
    read=read,
    writes="the toy format",
    write=write,
    menu="Export as to&y…",
    title="Toy people",
)
