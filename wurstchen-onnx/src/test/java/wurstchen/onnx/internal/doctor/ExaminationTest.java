package wurstchen.onnx.internal.doctor;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import com.google.common.collect.ImmutableList;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import wurstchen.WurstchenException;
import wurstchen.onnx.DoctorReport;
import wurstchen.onnx.internal.common.FakeHost;
import wurstchen.onnx.internal.common.HostSystem;
import wurstchen.onnx.internal.cuda.CudaDriver;
import wurstchen.onnx.internal.cuda.Gpu;
import wurstchen.onnx.internal.cache.CacheFolder;
import wurstchen.onnx.internal.library.FakeOrtJar;
import wurstchen.onnx.internal.library.OrtArtifact;
import wurstchen.onnx.internal.library.LibraryPlaces;

/** Whole reports of machines that are made up here: shared libraries without code, and a driver that says what the test wants. */
class ExaminationTest {
    private static final CudaDriver.State H200 = new CudaDriver.State(
            Optional.empty(),
            Optional.of("580.65.06"),
            13000,
            ImmutableList.of(new Gpu("NVIDIA H200", 150_111_978_496L, Optional.of(1L << 29), "9.0")));
    private static final CudaDriver.State NO_DRIVER = CudaDriver.State.unusable("NVIDIA's driver is not there: remedy");

    @TempDir
    private Path folder;

    private FakeHost fake;
    private Path root;
    private Path cuda;
    private CudaDriver.State driver = H200;
    private final Map<String, byte[]> libraries = new HashMap<>();

    @BeforeEach
    void wholeMachine() throws IOException {
        root = folder.resolve("root");
        cuda = root.resolve("usr/local/cuda/lib64");
        fake = new FakeHost(root)
                .property("java.version", "17.0.9")
                .property(CacheFolder.PROPERTY, folder.resolve("cache"))
                .variable("LD_LIBRARY_PATH", cuda);
        for (String system : List.of("libcuda.so.1", "libc.so.6")) {
            FakeElf.needing().write(root.resolve("lib/x86_64-linux-gnu").resolve(system));
        }
        install("libcudart.so.12", "12.8.90");
        install("libcublas.so.12", "12.8.4.1", "libcublasLt.so.12");
        install("libcublasLt.so.12", "12.8.4.1");
        install("libcurand.so.10", "10.3.9.90");
        install("libcudnn.so.9", "9.8.0");
        libraries.put("libonnxruntime.so", "core".getBytes(UTF_8));
        libraries.put("libonnxruntime4j_jni.so", "jni".getBytes(UTF_8));
        libraries.put("libonnxruntime_providers_shared.so", "shared".getBytes(UTF_8));
        libraries.put(
                "libonnxruntime_providers_cuda.so",
                FakeElf.needing("libcublasLt.so.12", "libcublas.so.12", "libcurand.so.10", "libcudart.so.12", "libcuda.so.1", "libc.so.6")
                        .bytes());
    }

    /** As CUDA's installer does: a file with the whole version, and a link with the name that the linker asks for. */
    private void install(String name, String version, String... needed) throws IOException {
        Path file = cuda.resolve(name.replaceFirst("\\d+$", version));
        FakeElf.needing(needed).write(file);
        Files.createSymbolicLink(cuda.resolve(name), file.getFileName());
    }

    private Path jar() {
        return folder.resolve("onnxruntime_gpu-1.29.0.jar");
    }

    private DoctorReport examine(String device, Path... others) throws IOException {
        HostSystem host = fake.host();
        Path[] jars = new Path[others.length + 1];
        jars[0] = FakeOrtJar.write(jar(), "1.29.0", libraries);
        System.arraycopy(others, 0, jars, 1, others.length);
        OrtTrial trial = (name, report) -> report.accept("a graph ran on " + name);
        return new Examination(host, FakeOrtJar.artifact(host, jars), () -> driver, trial).of(device);
    }

    private String cache() throws IOException {
        OrtArtifact artifact = FakeOrtJar.artifact(fake.host(), jar());
        return LibraryPlaces.cache(artifact, LibraryPlaces.packed(artifact, fake.host()), fake.host()).folder().toString();
    }

    private String searched() {
        return "  searched: LD_LIBRARY_PATH (" + cuda + "), what ldconfig knows, " + root.resolve("lib/x86_64-linux-gnu") + ":"
                + root.resolve("lib");
    }

    private void assertProblems(DoctorReport report, String... problems) {
        assertThat(report.problems()).containsExactly(problems);
        assertThat(report.usable()).isFalse();
        assertThat(report.findings()).noneMatch(line -> line.startsWith("trial"));
    }

    @Test
    void wholeMachine_canBeUsed() throws IOException {
        DoctorReport report = examine("cuda:0");

        assertThat(report.usable()).isTrue();
        assertThat(report.toString().lines())
                .containsExactly(
                        "cuda:0 can be used",
                        "system:         Linux amd64, Java 17.0.9",
                        "ONNX Runtime:   onnxruntime_gpu 1.29.0, file:" + jar(),
                        "libraries:      " + cache() + ", unpacked once: 4 files, 0 MB",
                        "verified:       every byte of them is as it was written",
                        "driver:         NVIDIA 580.65.06, runs CUDA up to 13.0",
                        "cuda:0:         NVIDIA H200, 139.8 GiB of which 0.5 GiB are in use, compute capability 9.0",
                        "CUDA provider:  built for CUDA 12 and cuDNN 9",
                        "CUDA libraries: ",
                        "  libcublasLt.so.12: 12.8.4.1, " + cuda.resolve("libcublasLt.so.12"),
                        "  libcublas.so.12: 12.8.4.1, " + cuda.resolve("libcublas.so.12"),
                        "  libcurand.so.10: 10.3.9.90, " + cuda.resolve("libcurand.so.10"),
                        "  libcudart.so.12: 12.8.90, " + cuda.resolve("libcudart.so.12"),
                        "  libcuda.so.1: " + root.resolve("lib/x86_64-linux-gnu/libcuda.so.1"),
                        "  libcudnn.so.9: 9.8.0, " + cuda.resolve("libcudnn.so.9"),
                        "trial:          a graph ran on cuda:0");
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', textBlock = """
            libcudart.so.12   | apt cuda-cudart-12-*, pip nvidia-cuda-runtime-cu12, conda cuda-cudart cuda-version=12
            libcublas.so.12   | apt libcublas-12-*, pip nvidia-cublas-cu12, conda libcublas cuda-version=12
            libcublasLt.so.12 | apt libcublas-12-*, pip nvidia-cublas-cu12, conda libcublas cuda-version=12
            libcurand.so.10   | apt libcurand-12-*, pip nvidia-curand-cu12, conda libcurand cuda-version=12
            libcudnn.so.9     | apt libcudnn9-cuda-12, pip nvidia-cudnn-cu12, conda cudnn cuda-version=12
            """)
    void missingLibrary_isNamedWithItsPackages(String library, String packages) throws IOException {
        Files.delete(cuda.resolve(library));

        DoctorReport report = examine("cuda:0");

        assertProblems(report, library + " is missing: install one of: " + packages);
        assertThat(report.findings()).contains("  " + library + ": missing", searched());
    }

    @Test
    void missingSystemLibrary_isNamed() throws IOException {
        Files.delete(root.resolve("lib/x86_64-linux-gnu/libc.so.6"));

        assertProblems(examine("cuda:0"), "libc.so.6 is missing: install the package of your system that has it");
    }

    @Test
    void librariesOfCuda13_doNotServeAProviderOf12() throws IOException {
        for (String library : List.of("libcudart.so", "libcublas.so", "libcublasLt.so")) {
            Files.delete(cuda.resolve(library + ".12"));
            FakeElf.needing().write(cuda.resolve(library + ".13"));
        }

        String or = ", or take a provider that was built for the CUDA that is there (docs/cuda.md)";
        assertProblems(
                examine("cuda:0"),
                "libcublasLt.so.12 is missing, of another version there is " + cuda.resolve("libcublasLt.so.13")
                        + ": install one of: apt libcublas-12-*, pip nvidia-cublas-cu12, conda libcublas cuda-version=12" + or,
                "libcublas.so.12 is missing, of another version there is " + cuda.resolve("libcublas.so.13")
                        + ": install one of: apt libcublas-12-*, pip nvidia-cublas-cu12, conda libcublas cuda-version=12" + or,
                "libcudart.so.12 is missing, of another version there is " + cuda.resolve("libcudart.so.13")
                        + ": install one of: apt cuda-cudart-12-*, pip nvidia-cuda-runtime-cu12, conda cuda-cudart cuda-version=12" + or);
    }

    @Test
    void librariesOfCuda12_doNotServeAProviderOf13() throws IOException {
        libraries.put("libonnxruntime_providers_cuda.so", FakeElf.needing("libcublas.so.13", "libcudart.so.13", "libcuda.so.1").bytes());

        String or = ", or take a provider that was built for the CUDA that is there (docs/cuda.md)";
        assertProblems(
                examine("cuda:0"),
                "libcublas.so.13 is missing, of another version there is " + cuda.resolve("libcublas.so.12")
                        + ": install one of: apt libcublas-13-*, pip nvidia-cublas==13.*, conda libcublas cuda-version=13" + or,
                "libcudart.so.13 is missing, of another version there is " + cuda.resolve("libcudart.so.12")
                        + ": install one of: apt cuda-cudart-13-*, pip nvidia-cuda-runtime==13.*, conda cuda-cudart cuda-version=13" + or);
    }

    @Test
    void olderCudnn_isNotTaken() throws IOException {
        Files.delete(cuda.resolve("libcudnn.so.9"));
        FakeElf.needing().write(cuda.resolve("libcudnn.so.8"));

        assertProblems(
                examine("cuda:0"),
                "libcudnn.so.9 is missing, of another version there is " + cuda.resolve("libcudnn.so.8")
                        + ": install one of: apt libcudnn9-cuda-12, pip nvidia-cudnn-cu12, conda cudnn cuda-version=12");
    }

    @Test
    void otherProcessorsLibrary_isPassedOver() throws IOException {
        Files.delete(cuda.resolve("libcurand.so.10"));
        FakeElf.needing().machine(ElfFile.AARCH64).write(cuda.resolve("libcurand.so.10"));

        assertProblems(
                examine("cuda:0"),
                "libcurand.so.10 is missing: install one of: apt libcurand-12-*, pip nvidia-curand-cu12, conda libcurand cuda-version=12");
    }

    @Test
    void librariesWhereTheLinkerDoesNotLook_areOneVariableAway() throws IOException {
        fake.variable("LD_LIBRARY_PATH", "/opt/other");

        assertProblems(
                examine("cuda:0"),
                "libcublasLt.so.12, libcublas.so.12, libcurand.so.10, libcudart.so.12, libcudnn.so.9 are here, but not where the linker"
                        + " looks: start Java with LD_LIBRARY_PATH=" + cuda + ":/opt/other");
    }

    @Test
    void pipsLibraries_areFoundInTheVirtualEnvironmentWithTheirVersions() throws IOException {
        Path packages = folder.resolve("venv/lib/python3.12/site-packages");
        Path lib = packages.resolve("nvidia/cudnn/lib");
        Files.delete(cuda.resolve("libcudnn.so.9"));
        FakeElf.needing().write(lib.resolve("libcudnn.so.9"));
        Files.createDirectories(packages.resolve("nvidia_cudnn_cu12-9.8.0.87.dist-info"));
        fake.variable("VIRTUAL_ENV", folder.resolve("venv"));

        assertProblems(
                examine("cuda:0"),
                "libcudnn.so.9 is here, but not where the linker looks: start Java with LD_LIBRARY_PATH=" + lib + ":" + cuda);

        fake.variable("LD_LIBRARY_PATH", lib + ":" + cuda);
        assertThat(examine("cuda:0").findings()).contains("  libcudnn.so.9: 9.8.0.87, " + lib.resolve("libcudnn.so.9"));
    }

    @Test
    void librariesThatLdconfigKnows_areFound() throws IOException {
        fake.variable("LD_LIBRARY_PATH", "");
        Path etc = Files.createDirectories(root.resolve("etc"));
        Files.write(
                etc.resolve("ld.so.cache"),
                LinkerCacheTest.cache(List.of("libcudart.so.12", "libcublas.so.12", "libcublasLt.so.12", "libcurand.so.10", "libcudnn.so.9")
                        .stream()
                        .flatMap(name -> List.of(name, "/usr/local/cuda/lib64/" + name).stream())
                        .toArray(String[]::new)));

        assertThat(examine("cuda:0").problems()).isEmpty();
    }

    @Test
    void libraryThatALibraryNeeds_isFoundByTheRunPathOfThat() throws IOException {
        Files.delete(cuda.resolve("libcublasLt.so.12"));
        Files.delete(cuda.resolve("libcublas.so.12"));
        FakeElf.needing().write(root.resolve("usr/local/cuda/other/libcublasLt.so.12"));
        FakeElf.needing("libcublasLt.so.12").runPath("$ORIGIN/../other").write(cuda.resolve("libcublas.so.12"));
        libraries.put("libonnxruntime_providers_cuda.so", FakeElf.needing("libcublas.so.12").bytes());

        assertThat(examine("cuda:0").problems()).isEmpty();
    }

    @Test
    void libraryThatIsLoadedAlready_isNotLookedFor() throws IOException {
        Path loaded = FakeElf.needing().write(folder.resolve("elsewhere/libcudnn.so.9"));
        Files.delete(cuda.resolve("libcudnn.so.9"));
        Files.createDirectories(root.resolve("proc/self"));
        Files.writeString(
                root.resolve("proc/self/maps"),
                "7f00-7f01 r-xp 00000000 fe:00 1 /usr/lib/other.so\n7f01-7f02 rw-p 00000000 00:00 0\n"
                        + "7f02-7f03 r-xp 00000000 fe:00 2    " + loaded + "\n");

        assertThat(examine("cuda:0").problems()).isEmpty();
    }

    @Test
    void noDriver_isSaidOnce() throws IOException {
        driver = NO_DRIVER;
        Files.delete(root.resolve("lib/x86_64-linux-gnu/libcuda.so.1"));

        DoctorReport report = examine("cuda:0");

        assertProblems(report, "NVIDIA's driver is not there: remedy");
        assertThat(report.findings()).contains("driver:         none that works", "  libcuda.so.1: missing");
    }

    @Test
    void driverOlderThanTheProvidersCuda_isToBeUpdated() throws IOException {
        driver = new CudaDriver.State(Optional.empty(), Optional.of("470.42"), 11040, H200.gpus());

        assertProblems(
                examine("cuda:0"),
                "the driver runs CUDA up to 11.4, the provider was built for CUDA 12: update the driver, or take a provider that"
                        + " was built for CUDA 11 (docs/cuda.md)");
    }

    @Test
    void gpuThatIsNotThere_isNamedWithTheLast() throws IOException {
        assertProblems(examine("cuda:3"), "there is no cuda:3: the last one is cuda:0");
    }

    @Test
    void cpuArtifact_cannotUseAGpu() throws IOException {
        libraries.remove("libonnxruntime_providers_cuda.so");
        libraries.remove("libonnxruntime_providers_shared.so");

        DoctorReport report = examine("cuda:0");

        assertProblems(
                report,
                "the class path holds the artifact onnxruntime, which was built without CUDA: use onnxruntime_gpu instead of it (in this"
                        + " project: mvn -Pcuda; in yours: exclude com.microsoft.onnxruntime:onnxruntime and add"
                        + " com.microsoft.onnxruntime:onnxruntime_gpu:1.29.0)");
        assertThat(report.findings()).contains("ONNX Runtime:   onnxruntime 1.29.0, file:" + jar());
        assertThat(examine("cpu").toString().lines())
                .containsExactly(
                        "cpu can be used",
                        "system:         Linux amd64, Java 17.0.9",
                        "ONNX Runtime:   onnxruntime 1.29.0, file:" + jar(),
                        "libraries:      " + cache() + ", unpacked once: 2 files, 0 MB",
                        "verified:       every byte of them is as it was written",
                        "GPUs:           not looked for: this is about the CPU; for a GPU ask about cuda",
                        "trial:          a graph ran on cpu");
    }

    @Test
    void cpuWithoutCache_canBeUsed() throws IOException {
        libraries.remove("libonnxruntime_providers_cuda.so");
        libraries.remove("libonnxruntime_providers_shared.so");
        fake.property(CacheFolder.PROPERTY, "").property("user.home", "?");

        DoctorReport report = examine("cpu");

        assertThat(report.usable()).isTrue();
        assertThat(report.findings())
                .contains("libraries:      unpacked into a temporary folder at every start: no cache folder: this user has no home folder;"
                        + " name a folder with -Dwurstchen.cache=FOLDER or the environment variable WURSTCHEN_CACHE");
    }

    @Test
    void bothArtifacts_areOneTooMany() throws IOException {
        Path other = FakeOrtJar.write(folder.resolve("onnxruntime-1.28.0.jar"), "1.28.0", Map.of());

        assertProblems(
                examine("cuda:0", other),
                "ONNX Runtime is on the class path 2 times: file:" + jar() + " and file:" + other
                        + "; keep one, onnxruntime_gpu for a GPU");
    }

    @Test
    void noLibrariesForThisPlatform_areNamed() throws IOException {
        fake.property("os.arch", "riscv64");

        assertProblems(
                examine("cpu"),
                "the class path has no ONNX Runtime for linux-riscv64: add com.microsoft.onnxruntime:onnxruntime, or"
                        + " onnxruntime_gpu for a GPU");
    }

    @Test
    void mac_hasNoCuda() throws IOException {
        fake.property("os.name", "Mac OS X").property("os.arch", "aarch64");

        assertThat(examine("cuda:0").problems()).contains("there is no CUDA for Mac OS X: use the CPU");
    }

    @Test
    void wrongNativePath_isNamed() throws IOException {
        fake.property(LibraryPlaces.NATIVE_PATH, folder.resolve("missing"));

        assertProblems(
                examine("cuda:0"),
                "-Donnxruntime.native.path=" + folder.resolve("missing") + ": there is no such folder; name a folder that holds all of ONNX"
                        + " Runtime's libraries, or leave the property out to use those of the class path");
    }

    private Path nativePath(String jni) throws IOException {
        Path mine = Files.createDirectories(folder.resolve("mine"));
        Files.writeString(mine.resolve("libonnxruntime.so"), "core");
        Files.writeString(mine.resolve("libonnxruntime4j_jni.so"), jni);
        fake.property(LibraryPlaces.NATIVE_PATH, mine);
        return mine;
    }

    @Test
    void nativePathWithoutProvider_isNamed() throws IOException {
        Path mine = nativePath("jni");

        assertProblems(
                examine("cuda:0"),
                mine + " has no libonnxruntime_providers_shared.so: take all of ONNX Runtime's libraries from one build with CUDA, of"
                        + " version 1.29.0",
                mine + " has no libonnxruntime_providers_cuda.so: take all of ONNX Runtime's libraries from one build with CUDA, of"
                        + " version 1.29.0");
    }

    @Test
    void nativePathWithTheCpusJavaBinding_isNamed() throws IOException {
        Path mine = nativePath("\0This binary was not compiled with CUDA support.\0");
        Files.writeString(mine.resolve("libonnxruntime_providers_shared.so"), "shared");
        Files.write(mine.resolve("libonnxruntime_providers_cuda.so"), libraries.get("libonnxruntime_providers_cuda.so"));

        DoctorReport report = examine("cuda:0");

        assertProblems(
                report,
                mine.resolve("libonnxruntime4j_jni.so")
                        + " is the one of the artifact onnxruntime, which was built without CUDA: take the one of onnxruntime_gpu");
        assertThat(report.findings()).contains("libraries:      " + mine + ", as -Donnxruntime.native.path says");
    }

    @Test
    void damagedCache_isRepairedAndSaid() throws IOException {
        examine("cuda:0");
        Path core = Path.of(cache()).resolve("libonnxruntime.so");
        var time = Files.getLastModifiedTime(core);
        Files.writeString(core, "CORE");
        Files.setLastModifiedTime(core, time);

        DoctorReport report = examine("cuda:0");

        assertThat(report.findings())
                .contains("verified:       these were damaged and have been unpacked again: libonnxruntime.so");
        assertThat(core).hasContent("core");
    }

    @Test
    void cutOffProvider_isNamed() throws IOException {
        libraries.put("libonnxruntime_providers_cuda.so", new byte[0]);

        assertProblems(
                examine("cuda:0"),
                cache() + "/libonnxruntime_providers_cuda.so cannot be read: the library is cut off or damaged; put a whole one in"
                        + " its place");
    }

    @Test
    void failedTrial_isAProblem() throws IOException {
        HostSystem host = fake.host();
        OrtArtifact artifact = FakeOrtJar.artifact(host, FakeOrtJar.write(jar(), "1.29.0", libraries));
        Examination examination = new Examination(host, artifact, () -> driver, (name, report) -> {
            throw new WurstchenException("CUDA failure 2:\n out of memory");
        });

        assertThat(examination.of("cuda:0").problems())
                .containsExactly("nothing is missing, but ONNX Runtime does not start: CUDA failure 2: out of memory");
        assertThat(examination.ofFailure("cuda:0", "CUDA failure 2:\n out of memory").problems())
                .containsExactly("ONNX Runtime says: CUDA failure 2: out of memory");
    }
}
