"""Versioned outputs: `<root>/<asset>/<version>/` with a manifest, and a `current` pointer that moves last.

What belongs here: publishing a folder of files atomically, finding the current one, and telling whether it is still fresh.
The version is a hash of the content, so equal outputs of two runs are one version; the fingerprint is a hash of everything
that went in (inputs, code, configuration, seed), so an asset whose fingerprint is unchanged need not be made again.
"""

from __future__ import annotations

import fcntl
import hashlib
import json
import os
import shutil
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

MANIFEST = "manifest.json"
POINTER = "current"
KEEP = 5
"""Versions of an asset that stay on disk; older ones are removed after the pointer has moved."""


class ArtifactError(RuntimeError):
    """An artifact is missing or damaged; the message says which asset to run."""


@dataclass(frozen=True)
class Artifact:
    """One published version of an asset."""

    asset: str
    version: str
    folder: Path
    manifest: Mapping[str, Any]

    def path(self, name: str) -> Path:
        """The path of one of its files. Raises ArtifactError when the file is not there."""
        path = self.folder / name
        if not path.is_file():
            raise ArtifactError(f"{path}: the file is missing; materialize {self.asset} again")
        return path

    @property
    def facts(self) -> Mapping[str, Any]:
        """The figures that the asset recorded about itself."""
        return self.manifest["facts"]


def fingerprint(inputs: Mapping[str, str], code: str, config: Mapping[str, Any]) -> str:
    """16 hex digits over everything that determines an output."""
    return _hash_text(json.dumps([dict(inputs), code, dict(config)], sort_keys=True, default=str))


def _hash_text(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()[:16]


def file_hash(path: Path) -> str:
    """The SHA-256 of a file, in hex."""
    with path.open("rb") as handle:
        return hashlib.file_digest(handle, "sha256").hexdigest()


def write_atomically(path: Path, content: bytes | str) -> None:
    """Replace `path` by `content` in one step: written beside it, synced, renamed."""
    path.parent.mkdir(parents=True, exist_ok=True)
    temporary = path.with_name(f".{path.name}.{os.getpid()}.tmp")
    try:
        with temporary.open("wb") as handle:
            handle.write(content.encode() if isinstance(content, str) else content)
            handle.flush()
            os.fsync(handle.fileno())
        os.replace(temporary, path)
    finally:
        temporary.unlink(missing_ok=True)
    _sync(path.parent)


def _sync(path: Path) -> None:
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


class Artifacts:
    """All artifacts under one root folder."""

    def __init__(self, root: Path):
        self.root = root

    def current(self, asset: str) -> Artifact | None:
        """The version that the pointer names, or None when nothing was published yet."""
        pointer = self.root / asset / POINTER
        if not pointer.is_file():
            return None
        return self.version(asset, pointer.read_text().strip())

    def version(self, asset: str, version: str) -> Artifact | None:
        """One version, or None when it is not (or no longer) there whole."""
        folder = self.root / asset / version
        manifest = folder / MANIFEST
        try:
            content = json.loads(manifest.read_text())
        except (OSError, ValueError):
            return None
        return Artifact(asset, version, folder, content)

    def need(self, asset: str) -> Artifact:
        """The current version. Raises ArtifactError when there is none."""
        artifact = self.current(asset)
        if artifact is None:
            raise ArtifactError(f"{asset} has not been materialized under {self.root}; run it first (`dish run`)")
        return artifact

    def fresh(self, asset: str, inputs_fingerprint: str) -> Artifact | None:
        """The current version when it was made from exactly these inputs and its files are whole, else None."""
        artifact = self.current(asset)
        if artifact is None or artifact.manifest.get("fingerprint") != inputs_fingerprint:
            return None
        return artifact if self._whole(artifact.folder, artifact.manifest["files"]) else None

    @staticmethod
    def _whole(folder: Path, files: Mapping[str, Mapping[str, Any]]) -> bool:
        """True when the folder stands there with all these files, unchanged."""
        return folder.is_dir() and all((folder / n).is_file() and file_hash(folder / n) == entry["sha256"] for n, entry in files.items())

    def publish(
        self,
        asset: str,
        build: Callable[[Path], Mapping[str, Any]],
        *,
        inputs: Mapping[str, str],
        code: str,
        config: Mapping[str, Any],
    ) -> Artifact:
        """Let `build` write its files into a temporary folder, then make them the current version.

        `build` returns the facts for the manifest. A failure or a kill leaves the version before as it was.
        """
        folder = self.root / asset
        folder.mkdir(parents=True, exist_ok=True)
        with self.lock(asset):
            self._sweep(folder)
            work = folder / f".tmp-{os.getpid()}"
            work.mkdir()
            try:
                begun = time.time()
                facts = build(work)
                files = {
                    str(p.relative_to(work)): {"sha256": file_hash(p), "bytes": p.stat().st_size}
                    for p in sorted(work.rglob("*")) if p.is_file()
                }
                version = _hash_text(json.dumps({name: entry["sha256"] for name, entry in files.items()}, sort_keys=True))
                manifest = {
                    "asset": asset, "version": version, "fingerprint": fingerprint(inputs, code, config), "inputs": dict(inputs),
                    "code": code, "config": dict(config), "files": files, "facts": dict(facts),
                    "made_at": time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime()), "seconds": round(time.time() - begun, 3),
                }
                (work / MANIFEST).write_text(json.dumps(manifest, indent=1, sort_keys=True, default=str))
                for path in [*work.rglob("*"), work]:
                    _sync(path)
                final = folder / version
                if self._whole(final, files):
                    # The same content made again: only how it was made is new. The files never leave their place.
                    write_atomically(final / MANIFEST, (work / MANIFEST).read_bytes())
                else:
                    shutil.rmtree(final, ignore_errors=True)
                    os.replace(work, final)
                    _sync(folder)
                write_atomically(folder / POINTER, version)
            finally:
                shutil.rmtree(work, ignore_errors=True)
            self._prune(folder, version)
        return Artifact(asset, version, final, manifest)

    @contextmanager
    def lock(self, name: str) -> Iterator[None]:
        """Hold the folder of one asset against other processes; the kernel frees it when its holder dies."""
        folder = self.root / name
        folder.mkdir(parents=True, exist_ok=True)
        with (folder / ".lock").open("w") as handle:
            fcntl.flock(handle, fcntl.LOCK_EX)
            yield

    def _sweep(self, folder: Path) -> None:
        """Remove what a killed run left half written; the lock is held, so nobody is writing it."""
        for leftover in folder.glob(".tmp-*"):
            shutil.rmtree(leftover, ignore_errors=True)
        for unfinished in [*folder.glob(".*.tmp"), *folder.glob("*/.*.tmp")]:
            unfinished.unlink(missing_ok=True)

    def _prune(self, folder: Path, keep: str) -> None:
        versions = sorted((p for p in folder.iterdir() if (p / MANIFEST).is_file()), key=lambda p: (p / MANIFEST).stat().st_mtime, reverse=True)
        for old in [p for p in versions if p.name != keep][KEEP - 1 :]:
            shutil.rmtree(old, ignore_errors=True)
