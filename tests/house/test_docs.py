"""Documentation that cannot rot: what the docs name in backticks exists."""

import re
from importlib import import_module
from pathlib import Path

import pytest
from django.conf import settings

ROOT = Path(settings.BASE_DIR)
PAGES = [ROOT / "README.md", ROOT / "STYLE.md", *sorted((ROOT / "docs").rglob("*.md"))]
PACKAGES = {path.parent.name for path in ROOT.glob("*/__init__.py")}
INDEXES = "\n".join(path.read_text() for path in ROOT.glob("*/migrations/*.py"))
ELSEWHERE = {"settings.py", "urls.py"}


def names(page: Path) -> list[str]:
    """Everything in single backticks outside code blocks."""
    text = re.sub(r"```.*?```", "", page.read_text(), flags=re.S)
    return re.findall(r"`([^`\n]+)`", text)


def resolves(dotted: str) -> bool:
    """Whether a dotted name is a module, or something in one."""
    parts = dotted.split(".")
    for split in range(len(parts), 0, -1):
        try:
            found: object = import_module(".".join(parts[:split]))
        except ModuleNotFoundError:
            continue
        for part in parts[split:]:
            if not hasattr(found, part):
                return False
            found = getattr(found, part)
        return True
    return False


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_it_names_only_what_exists(page):
    missing = []
    for name in names(page):
        if re.fullmatch(r"settings\.[A-Z_]+", name):
            ok = hasattr(settings, name.removeprefix("settings."))
        elif (
            re.fullmatch(r"[a-z_]+(\.[A-Za-z_]+)+", name)
            and name.split(".")[0] in PACKAGES
            and not name.endswith(".py")
        ):
            ok = resolves(name)
        elif re.fullmatch(r"[\w./-]+/[\w./-]*|[\w-]+\.(py|md|toml|yml|lock|json)", name) and not name.startswith("/"):
            ok = (ROOT / name).exists() or name in ELSEWHERE or any(ROOT.glob(f"*/{name}"))
        elif name.startswith("sweep_"):
            ok = f'name="{name}"' in INDEXES or f"name='{name}'" in INDEXES
        elif re.fullmatch(r"manage\.py [a-z_]+.*", name):
            ok = any(ROOT.glob(f"*/management/commands/{name.split()[1]}.py")) or name.split()[1] in {"help", "migrate"}
        else:
            continue
        if not ok:
            missing.append(name)
    assert missing == []


def test_it_speaks_only_of_itself():
    private = re.compile(r"\.\./shared|/work/|/root/|/home/\w")
    found = [
        str(path.relative_to(ROOT))
        for pattern in ("*.md", "docs/**/*.md", "*/**/*.py", "templates/**/*.html", "static/js/*.js", "bin/*")
        for path in ROOT.glob(pattern)
        if path.is_file()
        and ".venv" not in path.parts
        and path != Path(__file__)
        and private.search(path.read_text(errors="ignore"))
    ]
    assert found == []
