"""Runs a network file: one interface over several runtimes. Knows nothing of faces.

A network is a file; what it means is written in `models/`, one module per network. Which runtime executes it is found
out once, at start, and named in the log, so that a machine without one runtime runs on another and says so.

    suffix     first choice     then
    .tflite    OpenVINO         -
    .onnx      ONNX Runtime     OpenVINO
"""

from __future__ import annotations

import importlib.util
import sys
import threading
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, Protocol, TypeAlias

import numpy as np
from numpy.typing import NDArray

Tensor: TypeAlias = NDArray[np.float32]
"""A network's input or output, with the batch axis first."""


class NoEngine(Exception):  # noqa: N818  named for what is wrong
    """No installed runtime reads this network file."""


class Network(Protocol):
    """A loaded network. May be run from several threads at once."""

    def run(self, tensor: Tensor) -> Sequence[Tensor]:
        """All outputs for one input, in the file's order."""
        ...


class Engine(Protocol):
    """One runtime."""

    @property
    def name(self) -> str:
        """Runtime and version, for logs and reports."""
        ...

    def reads(self, path: Path) -> bool:
        """Whether files of this kind can be loaded."""
        ...

    def load(self, path: Path) -> Network:
        """Load and warm up a network."""
        ...


class OpenVino:
    """Intel's runtime on the CPU: fastest here for the face networks (2.1 ms for the mesh on one thread)."""

    def __init__(self, *, streams: int) -> None:
        """Open the runtime.

        Args:
            streams: Networks that may run at the same time; each takes one thread.
        """
        # Importing OpenVINO reports the import to Google Analytics from a forked process, unless this one is absent.
        # A machine that sees faces calls nobody, and a process that speaks gRPC must not fork.
        sys.modules.setdefault("openvino_telemetry", None)  # type: ignore[arg-type]
        import openvino

        self._core = openvino.Core()
        self._core.add_extension(openvino.frontend.ConversionExtension("Convolution2DTransposeBias", _transposed))
        self._core.set_property(
            "CPU", {"INFERENCE_NUM_THREADS": streams, "NUM_STREAMS": streams, "INFERENCE_PRECISION_HINT": "f32"}
        )
        self.name = f"OpenVINO {openvino.__version__.split('-')[0]}"

    def reads(self, path: Path) -> bool:
        """TensorFlow Lite, ONNX and its own format."""
        return path.suffix in {".tflite", ".onnx", ".xml"}

    def load(self, path: Path) -> Network:
        """Load a network; its input shape must be fixed."""
        return _OpenVinoNetwork(self._core.compile_model(self._core.read_model(path), "CPU"))


class _OpenVinoNetwork:
    def __init__(self, compiled: Any) -> None:
        self._compiled = compiled
        self._requests = threading.local()
        self.run(np.zeros(tuple(compiled.input(0).shape), np.float32))

    def run(self, tensor: Tensor) -> Sequence[Tensor]:
        if not hasattr(self._requests, "own"):
            self._requests.own = self._compiled.create_infer_request()
        outputs = self._requests.own.infer({0: tensor})
        # The request owns its memory and is used again.
        return [np.array(outputs[output], np.float32) for output in self._compiled.outputs]


def _transposed(node: Any) -> Any:
    """Mediapipe's own operation "transposed convolution, then bias", out of parts that OpenVINO knows.

    Inputs: picture (batch, height, width, in), weights (out, kernel, kernel, in), bias (out). The stride equals the
        kernel, so
    that no pixel is written twice; the networks used here have no other kind.
    """
    from openvino import opset13 as op

    picture, weights, bias = (node.get_input(i) for i in range(3))
    kernel = int(weights.get_partial_shape()[1].get_length())
    planes = op.transpose(picture, op.constant([0, 3, 1, 2], dtype=np.int64))
    filters = op.transpose(weights, op.constant([3, 0, 1, 2], dtype=np.int64))  # (in, out, kernel, kernel)
    spread = op.convolution_backprop_data(planes, filters, strides=[kernel, kernel])
    back = op.transpose(spread, op.constant([0, 2, 3, 1], dtype=np.int64))
    return op.add(back, bias).outputs()


class OnnxRuntime:
    """Microsoft's runtime, on the GPU where its build and the machine have one."""

    def __init__(self, *, streams: int) -> None:
        """Open the runtime; every stream gets a thread of the caller's."""
        import onnxruntime  # type: ignore[import-untyped]  # ships no types

        self._runtime = onnxruntime
        wanted = ["TensorrtExecutionProvider", "CUDAExecutionProvider", "CPUExecutionProvider"]
        self._providers = [name for name in wanted if name in onnxruntime.get_available_providers()]
        self._streams = streams
        self.name = f"ONNX Runtime {onnxruntime.__version__} ({self._providers[0].removesuffix('ExecutionProvider')})"

    def reads(self, path: Path) -> bool:
        """ONNX only."""
        return path.suffix == ".onnx"

    def load(self, path: Path) -> Network:
        """Load a network; its first input gets the picture."""
        options = self._runtime.SessionOptions()
        options.intra_op_num_threads = 1
        return _OnnxNetwork(self._runtime.InferenceSession(str(path), options, providers=self._providers))


class _OnnxNetwork:
    def __init__(self, session: Any) -> None:
        self._session = session
        self._input = session.get_inputs()[0].name

    def run(self, tensor: Tensor) -> Sequence[Tensor]:
        return [np.asarray(output, np.float32) for output in self._session.run(None, {self._input: tensor})]


_ENGINES: list[tuple[str, Callable[..., Engine]]] = [("onnxruntime", OnnxRuntime), ("openvino", OpenVino)]


class Engines:
    """All runtimes installed on this machine, in order of choice."""

    def __init__(self, *, streams: int = 1) -> None:
        """Find the installed runtimes without loading them.

        Args:
            streams: Networks that may run at the same time.
        """
        self._streams = streams
        self._known = [(module, kind) for module, kind in _ENGINES if importlib.util.find_spec(module)]
        self._open: dict[str, Engine] = {}
        self.used: dict[str, str] = {}
        """Runtime per network file, for the log."""

    def load(self, path: Path) -> Network:
        """Load a network with the first runtime that reads it.

        Raises:
            NoEngine: None does, or the file is not there.
        """
        if not path.is_file():
            raise NoEngine(f"{path} is not there; `python -m services.recognition.faces` fetches it")
        for module, kind in self._known:
            if path.suffix != ".onnx" and kind is OnnxRuntime:
                continue  # saves loading a runtime that reads nothing else
            engine = self._open.setdefault(module, kind(streams=self._streams))
            if engine.reads(path):
                network = engine.load(path)
                self.used[path.name] = engine.name
                return network
        raise NoEngine(f"no installed runtime reads {path.name}; installed: {[module for module, _ in self._known]}")
