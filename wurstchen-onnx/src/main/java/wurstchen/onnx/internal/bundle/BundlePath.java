package wurstchen.onnx.internal.bundle;

import java.util.regex.Pattern;

/**
 * The paths that a manifest may contain: names of letters, digits and {@code . _ -}, separated by {@code /}, none starting or ending with a
 * dot. This excludes absolute paths, {@code ..}, drives, backslashes, device names, and anything that two file systems interpret
 * differently.
 */
final class BundlePath {
    private static final String NAME = "[A-Za-z0-9_](?:[A-Za-z0-9._-]*[A-Za-z0-9_-])?";
    private static final Pattern PATH = Pattern.compile(NAME + "(?:/" + NAME + "){0,7}");
    private static final int MOST_CHARACTERS = 250;

    private BundlePath() {}

    static boolean isAllowed(String path) {
        return path.length() <= MOST_CHARACTERS && PATH.matcher(path).matches();
    }

    static String checked(ManifestNode node) {
        if (!isAllowed(node.text())) {
            throw node.expected("a path inside the bundle (names of letters, digits and . _ - separated by /)");
        }
        return node.text();
    }
}
