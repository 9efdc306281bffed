"""The wheel, installed where nothing else is, does the main job."""

from __future__ import annotations

import json
import mailbox
import os
import re
import subprocess
import sys
import tarfile
import venv
import zipfile
from importlib import metadata
from pathlib import Path, PurePosixPath
from typing import Any

import pytest
from packaging.requirements import Requirement

import pressfeed

TOP = Path(__file__).parents[2]
DATA = ("templates", "db", "schedules", "examples")


def build(source: Path, kind: str, target: Path) -> Path:
    """Build an sdist or a wheel with the locked back end; the file."""
    command = [
        sys.executable,
        "-m",
        "build",
        f"--{kind}",
        "--no-isolation",
        "--outdir",
        str(target),
        str(source),
    ]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    (built,) = target.iterdir()
    return built


@pytest.fixture(scope="module")
def sdist(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return build(TOP, "sdist", tmp_path_factory.mktemp("sdist"))


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return build(TOP, "wheel", tmp_path_factory.mktemp("wheel"))


class Environment:
    """A virtual environment with the locked packages, the wheel, and nothing else."""

    def __init__(self, folder: Path, wheel: Path) -> None:
        self.folder = folder
        venv.create(folder, with_pip=True)
        (site,) = folder.glob("lib/python*/site-packages")
        for requirement in locked():
            install(requirement, site)
        self.python("-m", "pip", "install", "--quiet", "--no-index", "--no-deps", str(wheel))

    def python(self, *arguments: str) -> str:
        return self._run("python", "-I", *arguments)

    def pressfeed(self, *arguments: str) -> str:
        return self._run("pressfeed", *arguments)

    def json(self, *arguments: str) -> Any:
        return json.loads(self.pressfeed(*arguments, "--json"))

    def _run(self, program: str, *arguments: str) -> str:
        private = ("PRESSFEED_", "PYTHON", "VIRTUAL_ENV")
        environment = {name: value for name, value in os.environ.items() if not name.startswith(private)}
        done = subprocess.run(
            [str(self.folder / "bin" / program), *arguments],
            cwd=self.folder,
            env=environment,
            capture_output=True,
            encoding="utf-8",
            timeout=300,
            check=False,
        )
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout


def locked() -> list[Requirement]:
    """The packages that the lock file wants on this machine."""
    text = (TOP / "requirements.lock").read_text("utf-8").replace("\\\n", " ")
    lines = (re.sub(r"\s--hash=\S+", "", line).strip() for line in text.splitlines())
    wanted = [Requirement(line) for line in lines if line and not line.startswith("#")]
    return [one for one in wanted if one.marker is None or one.marker.evaluate()]


def install(requirement: Requirement, site: Path) -> None:
    """Put a package there as it was installed here from the same lock: by its own list of files, offline."""
    found = metadata.distribution(requirement.name)
    assert found.version in requirement.specifier, f"{requirement} is not what is installed: {found.version}"
    for file in found.files or ():
        if file.parts[0] != ".." and "__pycache__" not in file.parts:
            target = site / file
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_bytes(Path(str(found.locate_file(file))).read_bytes())


@pytest.fixture(scope="module")
def environment(tmp_path_factory: pytest.TempPathFactory, wheel: Path) -> Environment:
    return Environment(tmp_path_factory.mktemp("environment") / "empty", wheel)


# The files


def test_the_wheel_holds_the_package_and_its_data_and_nothing_else(wheel: Path) -> None:
    with zipfile.ZipFile(wheel) as archive:
        names = {PurePosixPath(name) for name in archive.namelist()}
    info = f"pressfeed-{pressfeed.__version__}.dist-info"
    shipped = {
        PurePosixPath("pressfeed/_data") / path.relative_to(TOP).as_posix()
        for folder in DATA
        for path in (TOP / folder).rglob("*")
        if path.is_file()
    }
    package = {
        PurePosixPath(path.relative_to(TOP / "src").as_posix())
        for path in (TOP / "src" / "pressfeed").rglob("*")
        if path.is_file() and "__pycache__" not in path.parts
    }
    assert {name for name in names if name.parts[0] != info} == package | shipped
    assert names >= {PurePosixPath(info) / "licenses" / "LICENSE", PurePosixPath("pressfeed/py.typed")}


def test_neither_knows_the_machine_it_was_built_on(wheel: Path, sdist: Path) -> None:
    private = [str(path).encode() for path in {TOP, Path.home(), Path(sys.prefix)} if len(path.parts) > 2]
    with zipfile.ZipFile(wheel) as archive:
        contents = {name: archive.read(name) for name in archive.namelist()}
    with tarfile.open(sdist) as archive:
        for member in archive.getmembers():
            assert (member.uid, member.gid, member.uname) == (0, 0, "")
            file = archive.extractfile(member)
            contents[member.name] = file.read() if file else b""
    assert [name for name, data in contents.items() if any(path in data for path in private)] == []


def test_the_sdist_builds_the_same_wheel(sdist: Path, wheel: Path, tmp_path: Path) -> None:
    with tarfile.open(sdist) as archive:
        archive.extractall(tmp_path / "source", filter="data")
    (source,) = (tmp_path / "source").iterdir()
    assert (source / "tests").is_dir() and (source / "scripts" / "demo").is_file()
    again = build(source, "wheel", tmp_path / "wheel")
    assert again.name == wheel.name
    with zipfile.ZipFile(again) as one, zipfile.ZipFile(wheel) as other:
        assert {name: one.read(name) for name in one.namelist()} == {
            name: other.read(name) for name in other.namelist()
        }


# The environment


def test_the_lock_has_everything_that_the_wheel_asks_for(environment: Environment) -> None:
    assert "No broken requirements found" in environment.python("-m", "pip", "check")
    installed = {
        one["name"].lower() for one in json.loads(environment.python("-m", "pip", "list", "--format=json"))
    }
    assert "pressfeed" in installed
    assert not installed & {"pytest", "hypothesis", "hatchling", "playwright", "mypy"}


def test_all_of_it_comes_from_the_wheel(environment: Environment) -> None:
    script = (
        "import json, pkgutil, sys, importlib, pressfeed, pressfeed.resources as resources;"
        "names = [one.name for one in pkgutil.walk_packages(pressfeed.__path__, 'pressfeed.')];"
        "[importlib.import_module(name) for name in names];"
        f"folders = [str(resources.folder(name)) for name in {DATA!r}];"
        "files = [module.__file__ for module in sys.modules.values() if getattr(module, '__file__', None)];"
        "print(json.dumps([folders, files, len(names)]))"
    )
    folders, files, number = json.loads(environment.python("-c", script))
    assert number > 50
    assert all(Path(folder).is_relative_to(environment.folder) for folder in folders)
    assert not [file for file in files if Path(file).is_relative_to(TOP)]
    ours = [file for file in files if "pressfeed" in Path(file).parts]
    assert all(Path(file).is_relative_to(environment.folder) for file in ours)


def test_it_does_the_main_job(environment: Environment, tmp_path: Path) -> None:
    samples = json.loads(
        environment.python(
            "-c",
            "import json; from pressfeed.resources import folder;"
            "print(json.dumps([str(p) for p in sorted((folder('examples') / 'sample').glob('releases/*'))]))",
        )
    )
    chosen = [
        path for path in samples if Path(path).name.split(".")[0] in ("niger-flood-radio", "zambezi-forecast")
    ]
    room = str(tmp_path / "newsroom")
    environment.pressfeed("init", room)
    imported = environment.json("-C", room, "import", *chosen)
    assert [one["action"] for one in imported] == ["new"] * len(chosen)
    assert len(environment.json("-C", room, "build")["written"]) > 100
    bulletins = ("west-central-africa/daily", "global/daily")
    wanted = [word for bulletin in bulletins for word in ("--bulletin", bulletin)]
    environment.pressfeed("-C", room, "subscribers", "add", "n@example.com", "--language", "fr", *wanted)
    sent = [
        environment.json("-C", room, "bulletins", "send", bulletin) for bulletin in (*bulletins, *bulletins)
    ]
    assert [one["deliveries"] for one in sent] == [{"sent": 1}, {"sent": 1}, {}, {}]
    ledger = environment.json("-C", room, "ledger")
    assert [entry["bulletin"] for entry in ledger] == list(bulletins)
    assert len({entry["story"] for entry in ledger}) == 2
    mails = list(mailbox.Maildir(Path(room) / "outbox", create=False))
    assert {mail["Message-ID"] for mail in mails} == {entry["message_id"] for entry in ledger}
    checks = {one["check"]: one["grade"] for one in environment.json("-C", room, "doctor")}
    assert "error" not in checks.values()
