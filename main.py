"""Start the window: `python main.py [--screenshot PICTURE.png]`."""

from desktop.app import main

if __name__ == "__main__":
    raise SystemExit(main())
