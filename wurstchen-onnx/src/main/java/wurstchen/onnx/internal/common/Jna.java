package wurstchen.onnx.internal.common;

import com.sun.jna.Native;
import java.util.Optional;

/** Whether JNA works here, without which neither ONNX Runtime's C API nor NVIDIA's driver can be called. */
public final class Jna {
    /** JNA's own property: where it unpacks its library. */
    private static final String TEMPORARY_FOLDER = "jna.tmpdir";

    private static Optional<String> problem;

    private Jna() {}

    /**
     * Returns why it does not.
     *
     * @return a clause and a remedy; empty if it works
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

    /** JNA unpacks its library below the home folder, and would make a folder with the name that Java gives to none: a question mark. */
    private static void avoidFolderOfNoHome(HostSystem host) {
        if (host.home().isEmpty() && host.property(TEMPORARY_FOLDER).isEmpty()) {
            host.property("java.io.tmpdir").ifPresent(folder -> System.setProperty(TEMPORARY_FOLDER, folder));
        }
    }
}
