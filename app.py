"""Entry point: `python app.py --config config/quickstart.yaml`."""

import sys

from app.cli import main

if __name__ == "__main__":
    sys.exit(main())
