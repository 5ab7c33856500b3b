package wurstchen.onnx.internal.library;

import java.nio.file.Path;

/**
 * A folder from which ONNX Runtime loads its libraries.
 *
 * @param folder holds all of them
 * @param origin who put them there
 */
record LibraryPlace(Path folder, Origin origin) {
    /** Who put the libraries there. */
    enum Origin {
        /** The user, who named the folder. */
        USER,
        /** This library, for every later start. */
        CACHE,
        /** This library, for this start only. */
        TEMPORARY
    }
}
