"""Makes the Python environment in models/.venv when it is missing, then runs the Python tests in it."""

import subprocess
import sys
import venv
from pathlib import Path

MODELS = Path(__file__).resolve().parent
ENVIRONMENT = MODELS / ".venv"
PYTHON = ENVIRONMENT / ("Scripts/python.exe" if sys.platform == "win32" else "bin/python")


def make_environment() -> None:
    """Creates the environment and installs the package with what its tests need."""
    if not PYTHON.exists():
        venv.create(ENVIRONMENT, with_pip=True)
    command = [PYTHON, "-m", "pip", "install", "--quiet", "--disable-pip-version-check", "-e", f"{MODELS}[test]"]
    subprocess.run(command, check=True)


def main() -> int:
    """Arguments are passed on to pytest; `--only-environment` stops before the tests."""
    make_environment()
    if sys.argv[1:] == ["--only-environment"]:
        return 0
    return subprocess.run([PYTHON, "-m", "pytest", "tests", *sys.argv[1:]], cwd=MODELS).returncode


if __name__ == "__main__":
    sys.exit(main())
