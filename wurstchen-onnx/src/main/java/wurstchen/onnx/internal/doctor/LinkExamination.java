package wurstchen.onnx.internal.doctor;

import static java.util.stream.Collectors.joining;

import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import wurstchen.onnx.internal.common.HostSystem;
import wurstchen.onnx.internal.common.OneLine;
import wurstchen.onnx.internal.cuda.CudaDriver;
import wurstchen.onnx.internal.cuda.CudaPackages;
import wurstchen.onnx.internal.doctor.CudaLibraries.Needed;

/** Examines the libraries that the CUDA provider needs. */
final class LinkExamination {
    private final HostSystem host;
    private final CudaDriver.State driver;
    private final Findings findings;

    LinkExamination(HostSystem host, CudaDriver.State driver, Findings findings) {
        this.host = host;
        this.driver = driver;
        this.findings = findings;
    }

    void examine(Path provider) {
        try {
            examine(CudaLibraries.of(provider, new LibrarySearch(host)));
        } catch (IOException e) {
            findings.problem(provider + " cannot be read: " + OneLine.of(e.getMessage()) + "; put a whole one in its place");
        }
    }

    private void examine(CudaLibraries libraries) {
        int cuda = libraries.cuda().orElse(0);
        findings.line("CUDA provider", "built for CUDA " + (cuda == 0 ? "of an unknown version" : cuda + " and cuDNN 9"));
        checkDriver(cuda);
        findings.line("CUDA libraries", libraries.all().isEmpty() ? "none needed" : "");
        libraries.all().forEach(library -> findings.detail(describe(library)));
        List<Needed> missing = libraries.all().stream().filter(Needed::missing).toList();
        missing.stream().map(Needed::searched).distinct().forEach(searched -> findings.detail("searched: " + searched));
        // Without a driver its library is missing as well, which was reported already.
        missing.stream()
                .filter(library -> library.elsewhere().isEmpty())
                .filter(library -> driver.problem().isEmpty() || !library.name().equals(CudaPackages.DRIVER_LIBRARY))
                .forEach(library -> findings.problem(problem(library, cuda)));
        reportElsewhere(missing.stream().filter(library -> library.elsewhere().isPresent()).toList());
    }

    private void checkDriver(int cuda) {
        if (driver.cuda() > 0 && cuda > driver.cudaMajor()) {
            findings.problem("the driver runs CUDA up to " + driver.cudaVersion() + ", the provider was built for CUDA " + cuda
                    + ": update the driver, or take a provider that was built for CUDA " + driver.cudaMajor() + " (docs/cuda.md)");
        }
    }

    private static String describe(Needed library) {
        if (library.file().isPresent()) {
            Path file = library.file().get();
            return library.name() + ": " + LibraryVersion.of(library.name(), file).map(version -> version + ", ").orElse("") + file;
        }
        return library.name() + ": missing" + library.elsewhere().map(file -> " where the linker looks, there is " + file).orElse("");
    }

    private static String problem(Needed library, int cuda) {
        String install = CudaPackages.install(library.name(), cuda);
        if (library.others().isEmpty()) {
            return library.name() + " is missing: " + install;
        }
        String others = library.others().stream().map(Path::toString).collect(joining(", "));
        String remedy = library.name().equals(CudaLibraries.CUDNN)
                ? ""
                : ", or take a provider that was built for the CUDA that is there (docs/cuda.md)";
        return library.name() + " is missing, of another version there is " + others + ": " + install + remedy;
    }

    private void reportElsewhere(List<Needed> libraries) {
        if (libraries.isEmpty()) {
            return;
        }
        String names = libraries.stream().map(Needed::name).collect(joining(", "));
        String folders = libraries.stream()
                .map(library -> String.valueOf(library.elsewhere().orElseThrow().getParent()))
                .distinct()
                .collect(joining(":"));
        String path = host.variable(LibrarySearch.PATH_VARIABLE).map(before -> ":" + before).orElse("");
        findings.problem(names + (libraries.size() == 1 ? " is" : " are") + " here, but not where the linker looks: start Java with "
                + LibrarySearch.PATH_VARIABLE + "=" + folders + path);
    }
}
