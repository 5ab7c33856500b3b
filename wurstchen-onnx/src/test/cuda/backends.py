"""Where launches run: a GPU through CUDA's driver API, or the emulation on a CPU."""
import ctypes
import gzip
import pathlib
import subprocess
import tempfile

import torch

import launches
from launches import Device

HERE = pathlib.Path(__file__).resolve().parent
SOURCES = HERE.parents[1] / "main" / "cuda"
RESOURCES = HERE.parents[1] / "main" / "resources" / "wurstchen" / "onnx" / "internal" / "operators"
CUBINS = ((8, 0), (8, 6), (8, 9), (9, 0), (10, 0), (12, 0))


class Attribute(ctypes.Structure):
    """CUlaunchAttribute of cuda.h; 6 is CU_LAUNCH_ATTRIBUTE_PROGRAMMATIC_STREAM_SERIALIZATION."""
    _fields_ = [("id", ctypes.c_int), ("padding", ctypes.c_int), ("value", ctypes.c_int), ("rest", ctypes.c_char * 60)]


class Configuration(ctypes.Structure):
    """CUlaunchConfig of cuda.h."""
    _fields_ = [("grid", ctypes.c_uint * 3), ("block", ctypes.c_uint * 3), ("shared", ctypes.c_uint), ("stream", ctypes.c_void_p),
                ("attributes", ctypes.POINTER(Attribute)), ("count", ctypes.c_uint)]


class Gpu:
    """Launches the committed kernels on torch's current stream. `overlap`: whether a kernel may start before the one before it is finished."""

    # Instructions of compute capability 9.0 and up: ACQBULK waits for the kernel before (griddepcontrol.wait).
    ACQBULK, NOP = bytes.fromhex("2e78000000000000"), bytes.fromhex("1879000000000000")

    def __init__(self, ptx=False, waits=True):
        self.driver = ctypes.CDLL("libcuda.so.1")
        torch.zeros(1, device="cuda")  # the context
        self.torch_device = "cuda"
        self.device = Device(self.attribute(16), self.attribute(97))
        self.resource = self.choose(torch.cuda.get_device_capability(), ptx)
        data = gzip.decompress((RESOURCES / (self.resource + ".gz")).read_bytes())
        if not waits:  # wrong on purpose, to see whether a check notices
            data = data.replace(self.ACQBULK, self.NOP)
        self.module = ctypes.c_void_p()
        self.check("cuModuleLoadData", ctypes.byref(self.module), data + b"\0")
        self.functions = {}
        self.overlaps = self.resource.endswith(".cubin") and torch.cuda.get_device_capability() >= (9, 0)
        self.overlap = self.overlaps
        self.attribute_of_overlap = Attribute(6, 0, 1)

    @staticmethod
    def choose(capability, ptx):
        fitting = [f"operators-sm_{major}{minor}.cubin" for major, minor in CUBINS if major == capability[0] and minor <= capability[1]]
        return "operators-compute_80.ptx" if ptx or not fitting else fitting[-1]

    def check(self, name, *arguments):
        status = getattr(self.driver, name)(*arguments)
        if status:
            text = ctypes.c_char_p()
            self.driver.cuGetErrorName(status, ctypes.byref(text))
            raise RuntimeError(f"{name}: {text.value.decode() if text.value else status}")

    def attribute(self, number):
        value = ctypes.c_int()
        self.check("cuDeviceGetAttribute", ctypes.byref(value), number, torch.cuda.current_device())
        return value.value

    def function(self, launch):
        if launch.kernel not in self.functions:
            function = ctypes.c_void_p()
            self.check("cuModuleGetFunction", ctypes.byref(function), self.module, launch.kernel.encode())
            if launch.shared:
                self.check("cuFuncSetAttribute", function, 8, self.device.shared)
            self.functions[launch.kernel] = function
        return self.functions[launch.kernel]

    def attention_kernels(self):
        """Those of launches.ATTENTION that this module has."""
        return [kernel for kernel in launches.ATTENTION if "hopper" not in kernel[0] or self.resource == "operators-sm_90.cubin"]

    def launch(self, launch, seed=0):
        parameters, _values = launch.parameters()
        stream = torch.cuda.current_stream().cuda_stream
        configuration = Configuration(launch.grid, (launch.threads, 1, 1), launch.shared, stream, ctypes.pointer(self.attribute_of_overlap), self.overlap)
        self.check("cuLaunchKernelEx", ctypes.byref(configuration), self.function(launch), parameters, None)

    def finish(self):
        torch.cuda.synchronize()


class Emulation:
    """Runs the kernels' sources on the CPU, thread by thread. Needs g++ 12 or newer on x86-64."""
    OPTIONS = ("-O2", "-std=c++17", "-mf16c", "-mfma", "-fno-strict-aliasing", "-fsanitize=alignment", "-fsanitize-undefined-trap-on-error", "-Wall",
               "-Wno-unknown-pragmas", "-shared", "-fPIC")

    def __init__(self):
        self.torch_device, self.device = "cpu", Device(132, 227 << 10)
        self.folder = tempfile.TemporaryDirectory()
        library = pathlib.Path(self.folder.name) / "operators.so"
        emulation = HERE / "emulation"
        subprocess.run(["g++", *self.OPTIONS, f"-I{emulation}", f"-I{SOURCES}", str(emulation / "operators.cpp"), "-o", str(library)], check=True)
        self.library = ctypes.CDLL(str(library))

    def launch(self, launch, seed=0):
        parameters, _values = launch.parameters()
        tensors = launch.tensors()
        addresses = (ctypes.c_void_p * len(tensors))(*(tensor.data_ptr() for tensor in tensors))
        sizes = (ctypes.c_size_t * len(tensors))(*(tensor.numel() * tensor.element_size() for tensor in tensors))
        self.library.launch(launch.kernel.encode(), (ctypes.c_uint * 3)(*launch.grid), launch.threads, launch.shared, parameters, seed,
                            addresses, sizes, len(tensors))

    def finish(self):
        pass
