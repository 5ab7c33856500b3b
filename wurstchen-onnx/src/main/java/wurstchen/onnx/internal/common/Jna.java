package wurstchen.onnx.internal.common;

import com.sun.jna.Native;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** Checks whether JNA can be used. ONNX Runtime's C API and NVIDIA's driver are called through it. */
public final class Jna {
    /** JNA's system property for the folder into which it unpacks its library. */
    private static final String TEMPORARY_FOLDER = "jna.tmpdir";

    private static @Nullable Optional<String> problem;

    private Jna() {}

    /**
     * Returns why JNA cannot be used.
     *
     * @return a clause and a remedy; empty if JNA works
     */
    public static synchronized Optional<String> problem() {
        if (problem == null) {
            problem = tryIt();
        }
        return problem;
    }

    private static Optional<String> tryIt() {
        try {
            avoidFolderOfNoHome(HostSystem.current());
            Native.getNativeSize(long.class);
            return Optional.empty();
        } catch (LinkageError e) {
            return Optional.of("JNA cannot be loaded: " + OneLine.of(e.toString()) + "; its jar must be on the class path, and where no"
                    + " library may be loaded from the temporary folder, -D" + TEMPORARY_FOLDER + "=FOLDER names another");
        }
    }

    /**
     * Redirects JNA to the temporary folder if there is no home folder. JNA unpacks its library below the home folder, and would create a
     * folder named {@code ?}.
     */
    private static void avoidFolderOfNoHome(HostSystem host) {
        if (host.home().isEmpty() && host.property(TEMPORARY_FOLDER).isEmpty()) {
            host.property("java.io.tmpdir").ifPresent(folder -> System.setProperty(TEMPORARY_FOLDER, folder));
        }
    }
}
