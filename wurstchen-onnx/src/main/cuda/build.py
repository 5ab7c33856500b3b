"""Compiles the CUDA kernels of this folder into the resources of wurstchen-onnx. Needs no GPU and no C++ compiler, only requirements.txt.

    python build.py                   writes the resources
    python build.py --check           fails if the resources, unpacked, are not what the sources give, byte for byte
    python build.py --usage sm_90a    writes nothing, prints each kernel's registers, shared memory and spills

All .cu files become one module: a cubin for each architecture, and PTX for whatever none of them fits, which the driver compiles."""
import argparse
import concurrent.futures
import ctypes
import gzip
import importlib.util
import pathlib
import re
import sys

SOURCES = pathlib.Path(__file__).resolve().parent
RESOURCES = SOURCES.parent / "resources" / "wurstchen" / "onnx" / "internal" / "operators"
# File name to the compiler's target. sm_90a has Hopper's own instructions (wgmma), and there is no other device of 9.0.
TARGETS = {"operators-sm_80.cubin": "sm_80", "operators-sm_86.cubin": "sm_86", "operators-sm_89.cubin": "sm_89", "operators-sm_90.cubin": "sm_90a",
           "operators-sm_100.cubin": "sm_100", "operators-sm_120.cubin": "sm_120", "operators-compute_80.ptx": "compute_80"}
# The compiler writes its own PTX version, which only drivers of its age take. 7.0 is the oldest that knows compute_80: CUDA 11.0.
PTX_VERSION = "7.0"
# Targets whose kernels may start before the one before them is finished, and what they must not do before they wait for it: end, or access
# memory that is not shared. Asynchronous copies read global memory.
OVERLAPPING = re.compile(r"sm_(9|1\d)\d")
EARLY = re.compile(r"(?m)^\s*(?:@\S+ )?((?:ret|exit|(?:ld|st|atom|red|cp)\.(?!param|shared|local|const)[^;]*);)")


def package(name):
    spec = importlib.util.find_spec("nvidia")
    for root in spec.submodule_search_locations if spec else ():
        if (pathlib.Path(root) / name).is_dir():
            return pathlib.Path(root) / name
    sys.exit(f"nvidia.{name} is not installed for {sys.executable}: run pip install -r {SOURCES / 'requirements.txt'}")


class Compiler:
    """NVRTC through its C API."""

    def __init__(self):
        library = next(iter(sorted((package("cuda_nvrtc") / "lib").glob("libnvrtc.so.12"))), None)
        if library is None:
            sys.exit("nvidia-cuda-nvrtc-cu12 has no lib/libnvrtc.so.12: kernels are compiled on Linux only")
        self.nvrtc = ctypes.CDLL(str(library))
        self.nvrtc.nvrtcGetErrorString.restype = ctypes.c_char_p
        self.include = package("cuda_runtime") / "include"

    def call(self, name, *arguments):
        status = getattr(self.nvrtc, name)(*arguments)
        if status:
            raise RuntimeError(f"{name}: {self.nvrtc.nvrtcGetErrorString(status).decode()}")

    def read(self, program, what):
        size = ctypes.c_size_t()
        self.call(f"nvrtcGet{what}Size", program, ctypes.byref(size))
        data = ctypes.create_string_buffer(size.value)
        self.call(f"nvrtcGet{what}", program, data)
        return data.raw

    def compile(self, source, target, *more):
        """The bytes of a cubin (target sm_...) or of PTX (compute_...), the compiler's log, and the PTX in any case."""
        program = ctypes.c_void_p()
        self.call("nvrtcCreateProgram", ctypes.byref(program), source.encode(), b"operators.cu", 0, None, None)
        options = [f"--gpu-architecture={target}", "--std=c++17", f"-I{SOURCES}", f"-I{self.include}", *more]
        try:
            self.call("nvrtcCompileProgram", program, len(options), (ctypes.c_char_p * len(options))(*(o.encode() for o in options)))
            log = self.read(program, "ProgramLog")
            ptx = self.read(program, "PTX")
            data = self.read(program, "CUBIN") if target.startswith("sm_") else ptx
        except RuntimeError as error:
            sys.exit(f"{target}: {error}\n{self.read(program, 'ProgramLog').rstrip(bytes(1)).decode()}")
        finally:
            self.nvrtc.nvrtcDestroyProgram(ctypes.byref(program))
        return data, log.rstrip(b"\0").decode(), ptx.rstrip(b"\0").decode()


def module_source():
    return "".join(f'#include "{file.name}"\n' for file in sorted(SOURCES.glob("*.cu")))


def overlap_faults(ptx):
    """What in the kernels' PTX breaks the rules of overlap.cuh, a line each."""
    for kernel, body in re.findall(r"(?ms)^\.visible \.entry (\w+)\(.*?^\{$(.*?)^\}$", ptx):
        before, wait, _ = body.partition("griddepcontrol.wait;")
        if not wait:
            yield f"{kernel} does not wait for the kernel before it: call wurstchen::overlap() first"
            continue
        for instruction in re.findall(EARLY, before):
            yield f"{kernel} may not have \"{instruction}\" before it waits for the kernel before it"
        if "ld.global.nc" in body:
            yield f"{kernel} reads as constant (ld.global.nc, from __restrict__) what a kernel before it may still write when it starts"


def build(name):
    target = TARGETS[name]
    data, log, ptx = Compiler().compile(module_source(), target)
    if log.strip():
        sys.exit(f"{target}: the compiler warns:\n{log}")
    faults = list(overlap_faults(ptx)) if OVERLAPPING.match(target) else []
    if faults:
        sys.exit(f"{target}: " + "\n".join(faults))
    if name.endswith(".ptx"):
        data = re.sub(rb"(?m)^\.version .*$", b".version " + PTX_VERSION.encode(), data.rstrip(b"\0"))
        data = re.sub(rb"(?m)^//.*\n", b"", data)
    return name, data


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--check", action="store_true")
    parser.add_argument("--usage", metavar="TARGET", help="such as sm_90a")
    arguments = parser.parse_args()
    if arguments.usage:
        print(Compiler().compile(module_source(), arguments.usage, "--ptxas-options=-v")[1])
        return
    with concurrent.futures.ProcessPoolExecutor() as pool:
        built = dict(pool.map(build, TARGETS))
    files = {RESOURCES / f"{name}.gz": data for name, data in built.items()}
    if arguments.check:
        stale = [file.name for file, data in files.items() if not file.is_file() or gzip.decompress(file.read_bytes()) != data]
        if stale:
            sys.exit(f"{RESOURCES} is not what the kernels' sources give ({', '.join(stale)}): run {pathlib.Path(__file__).resolve()} and commit")
    else:
        RESOURCES.mkdir(parents=True, exist_ok=True)
        for file, data in files.items():
            file.write_bytes(gzip.compress(data, 9, mtime=0))
    print(f"{len(files)} modules, {sum(file.stat().st_size for file in files):,} bytes compressed, {sum(map(len, built.values())):,} unpacked")


if __name__ == "__main__":
    main()
