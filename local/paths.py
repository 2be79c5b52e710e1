"""Where the project's files, environments and state are."""

from pathlib import Path
from typing import Final

ROOT: Final = Path(__file__).resolve().parent.parent
STATE: Final = ROOT / ".local"
SAM: Final = STATE / "env" / "sam" / "bin" / "sam"
LOCALSTACK_PYTHON: Final = STATE / "env" / "localstack" / "bin" / "python"
LAMBDA_PYTHON: Final = STATE / "env" / "lambda" / "bin" / "python"
