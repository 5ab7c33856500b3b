package wurstchen.onnx.internal.library;

import java.util.regex.Matcher;
import java.util.regex.Pattern;
import wurstchen.WurstchenException;

/** Tells an ONNX Runtime that is too old from a bad bundle: an older one refuses graphs, or lacks methods. */
final class OrtVersion {
    /** The minor version of 1.x with which bound graphs gave the golden pictures first. */
    private static final int OLDEST_MINOR = 24;

    private static final Pattern VERSION = Pattern.compile("(\\d{1,4})\\.(\\d{1,4})(?:\\D.*)?");

    private OrtVersion() {}

    /**
     * Checks the version on the class path, if its jar says one.
     *
     * @throws WurstchenException if it is too old
     */
    static void check(OrtArtifact artifact) {
        artifact.version().filter(OrtVersion::isTooOld).ifPresent(version -> {
            throw new WurstchenException("ONNX Runtime 1." + OLDEST_MINOR + " or newer is needed, " + version + " is on the class path ("
                    + String.join(" and ", artifact.jars()) + "): another dependency asks for it; depend on com.microsoft.onnxruntime:"
                    + artifact.name() + ":1.29.0, with which this library is tested");
        });
    }

    static boolean isTooOld(String version) {
        Matcher match = VERSION.matcher(version);
        if (!match.matches()) {
            return false;
        }
        int major = Integer.parseInt(match.group(1));
        return major < 1 || major == 1 && Integer.parseInt(match.group(2)) < OLDEST_MINOR;
    }
}
