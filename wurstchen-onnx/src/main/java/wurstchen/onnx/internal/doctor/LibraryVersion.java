package wurstchen.onnx.internal.doctor;

import java.io.IOException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Locale;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import wurstchen.onnx.internal.cuda.CudaPackages;

/** Finds the version of a CUDA library without loading it. */
final class LibraryVersion {
    private static final Pattern IN_NAME = Pattern.compile(".*\\.so\\.(\\d+(?:\\.\\d+)+)");

    private LibraryVersion() {}

    /** Returns the version from the file name behind a link, or from pip's package list beside the folder {@code nvidia}. */
    static Optional<String> of(String library, Path file) {
        try {
            Matcher name = IN_NAME.matcher(file.toRealPath().getFileName().toString());
            return name.matches() ? Optional.of(name.group(1)) : fromPip(library, file);
        } catch (IOException e) {
            return Optional.empty();
        }
    }

    private static Optional<String> fromPip(String library, Path file) throws IOException {
        Optional<String> start = CudaPackages.pip(library).map(name -> name.replace('-', '_').toLowerCase(Locale.ROOT));
        for (Path folder = file.getParent(); folder != null && start.isPresent(); folder = folder.getParent()) {
            if (folder.endsWith("nvidia") && folder.getParent() != null) {
                return distInfo(folder.getParent(), start.get());
            }
        }
        return Optional.empty();
    }

    private static Optional<String> distInfo(Path packages, String start) throws IOException {
        Pattern name = Pattern.compile(Pattern.quote(start) + "(?:_cu\\d+)?-([0-9.]+)\\.dist-info");
        try (DirectoryStream<Path> folders = Files.newDirectoryStream(packages, start + "*.dist-info")) {
            for (Path folder : folders) {
                Matcher matcher = name.matcher(folder.getFileName().toString());
                if (matcher.matches()) {
                    return Optional.of(matcher.group(1));
                }
            }
        }
        return Optional.empty();
    }
}
