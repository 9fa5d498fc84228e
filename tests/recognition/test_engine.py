"""Networks load, run and agree with arithmetic; their files are the expected ones."""

from __future__ import annotations

import subprocess
import sys
import threading
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from services.recognition import faces
from services.recognition.crop import Square
from services.recognition.engine import Engines, NoEngine
from services.recognition.face import FaceReader
from services.recognition.geometry import straighten
from services.recognition.recogniser import Recogniser
from services.recognition.reference import Reference
from tests.recognition.conftest import encode


@pytest.fixture(scope="module")
def reader() -> FaceReader:
    """The networks alone, loaded once."""
    return FaceReader(Engines(), faces.FOLDER)


def test_the_engine_of_every_network_is_named(recogniser: Recogniser) -> None:
    """All five networks say what runs them."""
    assert len(recogniser.engines.used) == len(faces.NETWORKS)
    assert all(engine.startswith("OpenVINO 20") for engine in recogniser.engines.used.values())


def test_the_runtime_reports_to_nobody() -> None:
    """In a fresh process, loading and running every network neither loads the runtime's reporting nor forks."""
    program = (
        "import os, sys; os.register_at_fork(before=lambda: print('forked'));"
        "from services.recognition import faces; from services.recognition.recogniser import Recogniser;"
        "Recogniser(faces.FOLDER); import openvino;"
        "print([name for name, module in sys.modules.items() if 'openvino_telemetry' in name and module])"
    )

    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)

    assert done.stdout.strip() == "[]"


def test_a_missing_network_names_its_remedy(tmp_path: Path) -> None:
    """Without the files the error says which command fetches them."""
    with pytest.raises(NoEngine, match=r"python -m services\.recognition\.faces"):
        FaceReader(Engines(), tmp_path)


def test_a_file_no_runtime_reads_is_named(tmp_path: Path) -> None:
    """An unknown kind of file is refused by name."""
    path = tmp_path / "hair.weights"
    path.write_bytes(b"x")

    with pytest.raises(NoEngine, match=r"hair\.weights"):
        Engines().load(path)


def test_a_tampered_network_is_noticed(tmp_path: Path) -> None:
    """A file that differs by one byte counts as missing, and all others are found."""
    for path in faces.NETWORKS:
        name = f"{Path(path).name}.tflite"
        (tmp_path / name).write_bytes((faces.FOLDER / name).read_bytes())
    assert faces.missing(tmp_path) == []
    with (tmp_path / "iris_landmark.tflite").open("r+b") as file:
        file.seek(1000)
        file.write(b"\x00\x01\x02")

    assert faces.missing(tmp_path) == ["iris_landmark/iris_landmark"]


def test_fetching_twice_does_nothing() -> None:
    """With all networks in place no process is started, so it works without a connection."""
    before = {path: path.stat().st_mtime_ns for path in faces.FOLDER.iterdir()}

    faces.fetch()

    assert {path: path.stat().st_mtime_ns for path in faces.FOLDER.iterdir()} == before


def test_threads_do_not_disturb_each_other(recogniser: Recogniser, astronaut: Image.Image) -> None:
    """Four looks at once give what one look gives."""
    data = encode(astronaut)
    alone = recogniser.look(data)
    together: list[object] = []

    threads = [threading.Thread(target=lambda: together.append(recogniser.look(data))) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert together == [alone] * 4


def test_the_person_is_told_from_the_wall(reader: FaceReader, astronaut: Image.Image) -> None:
    """The mask, whose upsampling layer we built ourselves, covers face and hair and spares the corner of the room."""
    _, found = reader.find(astronaut)
    face = reader.read(astronaut, found[0])

    x, y = (face.head_points.mean(0)).astype(int)
    assert face.person[y - 10 : y + 10, x - 10 : x + 10].min() > 0.9
    assert face.person[60:80, 10:30].max() < 0.1


def test_the_irises_lie_in_the_eyes(reader: FaceReader, astronaut: Image.Image) -> None:
    """Each iris is centred between the corners of its eye and about 12 mm wide where eyes are 90 mm apart."""
    _, found = reader.find(astronaut)
    face = reader.read(astronaut, found[0])

    for iris, outer, inner in ((face.right_iris, 33, 133), (face.left_iris, 263, 362)):
        low, high = sorted((face.points[outer, 0], face.points[inner, 0]))
        assert low < iris.centre[0] < high
        assert iris.radius / face.eye_distance == pytest.approx(6 / 90, abs=0.025)


def test_pose_is_read_in_degrees(reader: FaceReader, astronaut: Image.Image) -> None:
    """A picture turned by twenty degrees gives a roll that differs by twenty; yaw and pitch stay."""
    reference = Reference.load()
    poses = []
    for picture in (astronaut, astronaut.rotate(-20, Image.Resampling.BICUBIC)):
        _, found = reader.find(picture)
        poses.append(straighten(reader.read(picture, found[0]).points, reference.steady)[1])

    assert poses[1].roll - poses[0].roll == pytest.approx(20, abs=1.5)
    assert poses[1].yaw == pytest.approx(poses[0].yaw, abs=3)
    assert poses[1].pitch == pytest.approx(poses[0].pitch, abs=3)


def test_a_cut_square_leads_back_to_the_picture() -> None:
    """Going from picture to square and back returns every point, whatever the tilt."""
    square = Square(40.0, 70.0, 33.0, 0.7)
    points = np.array([[1.0, 2.0], [40.0, 70.0], [90.0, -5.0]])

    np.testing.assert_allclose(square.to_picture(square.from_picture(points)), points, atol=1e-9)


def test_a_cut_shows_what_lies_there() -> None:
    """A white dot in the picture appears at the place that `from_picture` promises."""
    picture = Image.new("RGB", (200, 200))
    picture.paste((255, 255, 255), (118, 78, 123, 83))
    square = Square(100.0, 90.0, 80.0, 0.4)

    cut = square.cut(picture, 160)

    x, y = square.from_picture(np.array([[120.5, 80.5]]))[0] * 160
    row, column = np.unravel_index(int(cut[..., 0].argmax()), cut.shape[:2])
    assert abs(column - x) < 6
    assert abs(row - y) < 6
