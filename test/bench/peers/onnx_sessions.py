"""Sessions of Python's onnxruntime on the CPU, kept while the process lives."""

import onnxruntime

_sessions: dict[tuple[str, int], onnxruntime.InferenceSession] = {}


def hello(_request: dict) -> dict:
    return {"name": f"onnxruntime {onnxruntime.__version__} (Python)"}


def open_session(path: str, threads: int) -> onnxruntime.InferenceSession:
    key = (path, threads)
    if key not in _sessions:
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = threads
        options.log_severity_level = 3
        # As in ours, which runs most shapes once. It plans the memory of a shape that comes again, as every shape does in a benchmark.
        options.enable_mem_pattern = False
        _sessions[key] = onnxruntime.InferenceSession(path, options, providers=["CPUExecutionProvider"])
    return _sessions[key]
