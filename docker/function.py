"""What AWS Lambda calls: function.handler, made when an instance starts."""

from pathlib import Path

from app.serving.api.function import make_handler

handler = make_handler(Path(__file__).parent / "model", scratch=Path("/tmp/served"))  # noqa: S108  # all that Lambda lets write
