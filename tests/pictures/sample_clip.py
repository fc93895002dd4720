"""Makes the sample clip that the program ships: python -m tests.pictures.sample_clip resources/sample"""

import sys
from pathlib import Path

from tests.clips import write_people
from train.synthesis.clip import write_clip

NAME = "crossing"


def main() -> None:
    folder = Path(sys.argv[1])
    photos = write_clip(folder, name=f"{NAME}.mp4")
    write_people(folder / f"{NAME}.json", photos)


if __name__ == "__main__":
    main()
