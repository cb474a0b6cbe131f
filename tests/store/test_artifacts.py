"""Artifacts: a failure or a kill at any moment leaves the version before, and only what is unchanged is fresh."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import textwrap
import threading
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import pytest

from dish_pipeline.store import artifacts as room
from dish_pipeline.store.artifacts import KEEP, MANIFEST, POINTER, Artifact, ArtifactError, Artifacts, file_hash, fingerprint, write_atomically

INPUTS, CODE, CONFIG = {"raw": "1"}, "abc", {"seed": 1}


def writing(text: str, name: str = "data.txt") -> Callable[[Path], Mapping[str, Any]]:
    def build(folder: Path) -> Mapping[str, Any]:
        (folder / "sub").mkdir()
        (folder / name).write_text(text)
        (folder / "sub" / "more.txt").write_text("more")
        return {"length": len(text)}

    return build


def publish(
    root: Path, text: str = "one", inputs: Mapping[str, str] = INPUTS, code: str = CODE, config: Mapping[str, Any] = CONFIG
) -> Artifact:
    return Artifacts(root).publish("asset", writing(text), inputs=inputs, code=code, config=config)


def content(root: Path) -> str:
    return Artifacts(root).need("asset").path("data.txt").read_text()


def leftovers(root: Path) -> list[str]:
    return sorted(p.name for p in (root / "asset").rglob("*") if "tmp" in p.name)


def test_a_published_artifact_is_found_with_its_files_and_figures(tmp_path: Path) -> None:
    made = publish(tmp_path, "hello")
    found = Artifacts(tmp_path).need("asset")
    assert found == made
    assert found.path("data.txt").read_text() == "hello"
    assert found.path("sub/more.txt").read_text() == "more"
    assert found.facts == {"length": 5}
    manifest = json.loads((found.folder / MANIFEST).read_text())
    assert manifest["files"]["data.txt"] == {"sha256": file_hash(found.path("data.txt")), "bytes": 5}
    assert (manifest["inputs"], manifest["code"], manifest["config"]) == (INPUTS, CODE, CONFIG)
    assert leftovers(tmp_path) == []


def test_what_was_never_made_or_has_lost_a_file_says_what_to_run(tmp_path: Path) -> None:
    store = Artifacts(tmp_path)
    assert store.current("asset") is None
    with pytest.raises(ArtifactError, match=r"asset has not been materialized .* run it first"):
        store.need("asset")
    made = publish(tmp_path)
    (made.folder / "data.txt").unlink()
    with pytest.raises(ArtifactError, match=r"data\.txt: the file is missing; materialize asset again"):
        made.path("data.txt")


@pytest.mark.parametrize("error", [ValueError("no"), KeyboardInterrupt(), SystemExit(1)])
def test_a_failing_build_leaves_the_version_before_and_no_leftovers(tmp_path: Path, error: BaseException) -> None:
    publish(tmp_path, "one")

    def fail(folder: Path) -> Mapping[str, Any]:
        (folder / "data.txt").write_text("half")
        raise error

    with pytest.raises(type(error)):
        Artifacts(tmp_path).publish("asset", fail, inputs=INPUTS, code=CODE, config=CONFIG)
    assert content(tmp_path) == "one"
    assert leftovers(tmp_path) == []
    assert publish(tmp_path, "two").path("data.txt").read_text() == "two"


def test_a_failure_before_the_pointer_moves_leaves_the_version_before(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    publish(tmp_path, "one")
    write = room.write_atomically

    def refuse(path: Path, content: bytes | str) -> None:
        if path.name == POINTER:
            raise OSError("disk full")
        write(path, content)

    monkeypatch.setattr(room, "write_atomically", refuse)
    with pytest.raises(OSError, match="disk full"):
        publish(tmp_path, "two")
    assert content(tmp_path) == "one"


KILLED = """
    import sys, time
    from pathlib import Path
    from dish_pipeline.store import artifacts as room

    root, moment = Path(sys.argv[1]), sys.argv[2]

    def wait():
        print("here", flush=True)
        time.sleep(60)

    def build(folder):
        (folder / "data.txt").write_text("two" if moment != "same" else "one")
        (folder / "sub").mkdir()
        (folder / "sub" / "more.txt").write_text("more")
        if moment == "building":
            wait()
        return {}

    if moment in ("pointer", "same"):
        replace = room.os.replace
        def stop(source, target):
            if Path(target).name == ("current" if moment == "pointer" else "manifest.json"):
                wait()
            replace(source, target)
        room.os.replace = stop
    room.Artifacts(root).publish("asset", build, inputs={"raw": "2"}, code="abc", config={})
"""


@pytest.mark.parametrize("moment", ["building", "pointer", "same"])
def test_a_killed_build_leaves_the_version_before_and_its_leftovers_are_swept(tmp_path: Path, moment: str) -> None:
    made = publish(tmp_path, "one")
    process = subprocess.Popen([sys.executable, "-c", textwrap.dedent(KILLED), str(tmp_path), moment], stdout=subprocess.PIPE, text=True)
    assert process.stdout is not None
    assert process.stdout.readline().strip() == "here"
    process.send_signal(signal.SIGKILL)
    process.wait()
    process.stdout.close()
    assert leftovers(tmp_path)
    assert content(tmp_path) == "one"
    assert Artifacts(tmp_path).fresh("asset", fingerprint(INPUTS, CODE, CONFIG)) == made
    publish(tmp_path, "three")
    assert content(tmp_path) == "three"
    assert leftovers(tmp_path) == []


def test_fresh_is_what_was_made_from_the_same_inputs_code_and_configuration(tmp_path: Path) -> None:
    made = publish(tmp_path)
    store = Artifacts(tmp_path)
    assert store.fresh("asset", fingerprint(INPUTS, CODE, CONFIG)) == made
    for other in (
        fingerprint({"raw": "2"}, CODE, CONFIG), fingerprint({"raw": "1", "new": "1"}, CODE, CONFIG), fingerprint({}, CODE, CONFIG),
        fingerprint(INPUTS, "abd", CONFIG), fingerprint(INPUTS, CODE, {"seed": 2}), fingerprint(INPUTS, CODE, {}),
    ):
        assert store.fresh("asset", other) is None
    assert store.fresh("other", fingerprint(INPUTS, CODE, CONFIG)) is None


def test_a_fingerprint_does_not_depend_on_order() -> None:
    assert fingerprint({"a": "1", "b": "2"}, "c", {"x": 1, "y": 2}) == fingerprint({"b": "2", "a": "1"}, "c", {"y": 2, "x": 1})


def _shorten(folder: Path) -> None:
    (folder / "data.txt").write_text("on")


def _exchange_a_byte(folder: Path) -> None:
    (folder / "data.txt").write_text("onf")


def _remove(folder: Path) -> None:
    (folder / "sub" / "more.txt").unlink()


def _spoil_manifest(folder: Path) -> None:
    (folder / MANIFEST).write_text('{"asset": ')


def _spoil_pointer(folder: Path) -> None:
    (folder.parent / POINTER).write_text("")


@pytest.mark.parametrize("damage", [_shorten, _exchange_a_byte, _remove, _spoil_manifest, _spoil_pointer])
def test_a_damaged_artifact_is_not_fresh_and_making_it_again_mends_it(tmp_path: Path, damage: Callable[[Path], None]) -> None:
    made = publish(tmp_path)
    damage(made.folder)
    assert Artifacts(tmp_path).fresh("asset", fingerprint(INPUTS, CODE, CONFIG)) is None
    again = publish(tmp_path)
    assert again.version == made.version
    assert content(tmp_path) == "one"
    assert Artifacts(tmp_path).fresh("asset", fingerprint(INPUTS, CODE, CONFIG)) == again


def test_equal_content_is_one_version_and_other_content_or_names_another(tmp_path: Path) -> None:
    one = publish(tmp_path, "one")
    same = publish(tmp_path, "one", inputs={"raw": "2"}, code="other", config={"seed": 9})
    two = publish(tmp_path, "two")
    renamed = Artifacts(tmp_path).publish("asset", writing("one", "other.txt"), inputs=INPUTS, code=CODE, config=CONFIG)
    assert one.version == same.version
    assert len({one.version, two.version, renamed.version}) == 3
    assert same.manifest["fingerprint"] == fingerprint({"raw": "2"}, "other", {"seed": 9})


def test_making_the_same_again_never_takes_the_files_from_a_reader(tmp_path: Path) -> None:
    made = publish(tmp_path, "one")
    before = made.path("data.txt").stat().st_ino
    publish(tmp_path, "one", inputs={"raw": "2"})
    assert made.path("data.txt").stat().st_ino == before
    assert Artifacts(tmp_path).fresh("asset", fingerprint({"raw": "2"}, CODE, CONFIG)) is not None


def test_pruning_keeps_the_current_and_the_newest(tmp_path: Path) -> None:
    made = []
    for i in range(KEEP + 3):
        made.append(publish(tmp_path, f"text {i}").version)
        os.utime(tmp_path / "asset" / made[-1] / MANIFEST, (i, i))
    kept = {p.parent.name for p in (tmp_path / "asset").glob(f"*/{MANIFEST}")}
    assert kept == set(made[-KEEP:])
    assert Artifacts(tmp_path).need("asset").version == made[-1]


def test_an_old_version_that_becomes_current_again_is_not_pruned(tmp_path: Path) -> None:
    first = publish(tmp_path, "first")
    for i in range(KEEP - 1):
        publish(tmp_path, f"text {i}")
    os.utime(first.folder / MANIFEST, (0, 0))
    assert publish(tmp_path, "first").version == first.version
    publish(tmp_path, "last")
    assert Artifacts(tmp_path).version("asset", first.version) is not None


def test_two_builders_of_one_asset_take_turns(tmp_path: Path) -> None:
    inside, most = [0], [0]

    def build(folder: Path) -> Mapping[str, Any]:
        inside[0] += 1
        most[0] = max(most[0], inside[0])
        time.sleep(0.02)
        (folder / "data.txt").write_text(threading.current_thread().name)
        inside[0] -= 1
        return {}

    def work() -> None:
        Artifacts(tmp_path).publish("asset", build, inputs={}, code="", config={})

    threads = [threading.Thread(target=work) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert most == [1]
    assert content(tmp_path).startswith("Thread")


def test_a_file_is_replaced_in_one_step_or_not_at_all(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "new" / "file.txt"
    write_atomically(path, "one")
    write_atomically(path, b"two")
    assert path.read_text() == "two"

    def refuse(source: Path, target: Path) -> None:
        raise OSError("no")

    monkeypatch.setattr(room.os, "replace", refuse)
    with pytest.raises(OSError, match="no"):
        write_atomically(path, "three")
    assert path.read_text() == "two"
    assert [p.name for p in path.parent.iterdir()] == ["file.txt"]
