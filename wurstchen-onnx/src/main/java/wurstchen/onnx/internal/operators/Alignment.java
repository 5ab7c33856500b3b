package wurstchen.onnx.internal.operators;

/** Decides whether a fast kernel can be used: it reads and writes 16 bytes at a time. The others take any size, and are slow. */
final class Alignment {
    /** Values of float16 in 16 bytes. */
    private static final int VALUES = 8;

    private static final int BYTES = 16;

    /** The suffix of the kernels for any size. */
    static final String ANY = "_any";

    private Alignment() {}

    /** Returns whether every length is a multiple of 8. */
    static boolean ofLengths(long... lengths) {
        for (long length : lengths) {
            if (length % VALUES != 0) {
                return false;
            }
        }
        return true;
    }

    /** Returns whether every address is a multiple of 16 bytes; 0, for a tensor that is not there, is one. */
    static boolean ofAddresses(long... addresses) {
        for (long address : addresses) {
            if (address % BYTES != 0) {
                return false;
            }
        }
        return true;
    }

    /** Returns the name of the fast kernel or of that for any size. */
    static String choose(String kernel, boolean fast) {
        return fast ? kernel : kernel + ANY;
    }
}
