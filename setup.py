"""Packaging of Wangting: the import packages are literally ``core`` and ``plugins`` (docs/architecture.md)."""

import re
from pathlib import Path

from setuptools import find_packages, setup

HERE = Path(__file__).parent
VERSION = re.search(r'__version__ = "([^"]+)"', (HERE / "core" / "__init__.py").read_text(encoding="utf-8")).group(1)  # type: ignore[union-attr]


def data(folder: str) -> list[tuple[str, list[str]]]:
    """Every file below *folder* for the wheel's ``share/wangting`` (``core.kernel.places``), so that an installed hall has its items and themes."""
    return [
        (
            f"share/wangting/{path.relative_to(HERE).as_posix()}",
            [p.relative_to(HERE).as_posix() for p in sorted(path.iterdir()) if p.is_file() and not p.name.startswith(".")],
        )
        for path in [HERE / folder, *sorted(p for p in (HERE / folder).rglob("*") if p.is_dir())]
        if path.is_dir() and "__pycache__" not in path.parts
    ]


def whole(package: str) -> list[str]:
    """Every file below *package*: a plugin's migrations, templates and samples lie in folders that are no packages."""
    found = (path for path in (HERE / package).rglob("*") if path.is_file() and "__pycache__" not in path.parts and not path.name.startswith("."))
    return sorted(path.relative_to(HERE / package).as_posix() for path in found if path.suffix != ".mo")


setup(
    name="wangting",
    version=VERSION,
    description="A low-code platform for government service halls: an item is data, a department is a plugin, a hall is a theme",
    long_description=(HERE / "README.md").read_text(encoding="utf-8") if (HERE / "README.md").exists() else "",
    long_description_content_type="text/markdown",
    license="Apache-2.0",
    python_requires=">=3.11",
    packages=find_packages(include=["core", "core.*", "plugins", "plugins.*"]),
    include_package_data=True,
    # ``**``: templates, static files, fonts, schemas and catalogues lie in folders that are no packages.
    package_data={"core": [f"**/*.{kind}" for kind in ("json", "html", "css", "js", "svg", "po", "txt", "ttf")], "plugins": whole("plugins")},
    data_files=[*data("item_configs"), *data("form_definitions"), *data("themes"), *data("migrations")],
    install_requires=[
        "flask>=3.1,<3.2",
        "flask-appbuilder==5.3.0",
        "flask-sqlalchemy==3.1.1",
        "flask-wtf>=1.2,<2",
        "sqlalchemy>=2.1.9,<2.2",
        "alembic>=1.20,<1.21",
        "wtforms>=3.3,<3.4",  # 3.4 drops tuple choices, which Flask-AppBuilder 5.3 still uses
        "marshmallow>=4.4,<5",
        "pluggy>=1.7,<2",
        "jsonschema>=4.26,<5",
        "packaging>=24",
        "celery[redis]>=5.7,<6",
        "cryptography>=50",
        "argon2-cffi>=23",
        "rfc8785>=0.1.4",
        "uuid6>=2024.1",
        "waitress>=3.0.2,<4",
        "segno>=1.6.6,<2",
        "openpyxl>=3.1.5,<4",  # MIT; reads a sheet row by row
        "xlsxwriter>=3.2,<4",  # BSD-2-Clause; the only sheet writer with a constant memory mode and no dependencies
        "reportlab>=5.1,<6",
        "pypinyin>=0.55,<1",
        "filetype>=1.2",
        "prometheus-client>=0.22",
        "limits>=4",
    ],
    extras_require={
        "fast": ["jsonschema-rs>=0.60,<1", "granian>=2.8,<3"],
        "postgresql": ["psycopg[binary]>=3.3,<4"],
        "dev": [
            "setuptools>=77",  # builds the wheel that the suite installs
            "pytest>=9.2",
            "pytest-xdist>=3",
            "hypothesis>=6",
            "playwright>=1.65",
            "openapi-spec-validator>=0.8",
            "mypy>=2.4",
            "ruff>=0.14",
            "import-linter>=2.16",
            "djlint>=1.36",
            "axe-playwright-python>=0.1.4",
            "types-jsonschema",
            "types-reportlab",
        ],
    },
    entry_points={"console_scripts": ["wangting = core.cli.starting:main"], "pytest11": ["core.sdk.testing = core.sdk.testing"]},
)
