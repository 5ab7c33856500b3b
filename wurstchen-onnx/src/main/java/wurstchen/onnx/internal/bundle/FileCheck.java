package wurstchen.onnx.internal.bundle;

import com.google.common.hash.Hashing;
import com.google.common.hash.HashingInputStream;
import com.google.common.io.ByteStreams;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import wurstchen.onnx.Manifest.BundleFile;
import wurstchen.onnx.ModelBundleException;
import wurstchen.onnx.internal.common.OneLine;

/** Compares one file's size and SHA-256 with the manifest's. */
final class FileCheck {
    /** Remedy for a file that differs from the manifest. */
    static final String FETCH_AGAIN = "export or download the bundle again";

    private FileCheck() {}

    /** Opens a file unless it is a link. */
    static InputStream open(Path file) throws IOException {
        return Files.newInputStream(file, StandardOpenOption.READ, LinkOption.NOFOLLOW_LINKS);
    }

    /** Reads a file whole; the bytes that are returned are the bytes that were checked. */
    static byte[] read(Path folder, BundleFile expected) {
        if (expected.size() > Integer.MAX_VALUE - 8) {
            throw new ModelBundleException(expected.path() + ": has " + expected.size()
                    + " bytes, at most 2147483639 can be read at once; export the bundle again with its weights in .onnx.data");
        }
        byte[] bytes;
        try (InputStream in = open(folder.resolve(expected.path()))) {
            bytes = in.readNBytes((int) expected.size() + 1);
        } catch (IOException e) {
            throw unreadable(expected, e);
        }
        checkSize(expected, bytes.length);
        checkHash(expected, Hashing.sha256().hashBytes(bytes).toString());
        return bytes;
    }

    /** Copies a file while checking it; no more than the expected size is written. */
    static void copy(InputStream from, OutputStream to, BundleFile expected) throws IOException {
        HashingInputStream hashing = new HashingInputStream(Hashing.sha256(), from);
        checkSize(expected, ByteStreams.copy(ByteStreams.limit(hashing, expected.size()), to));
        if (from.read() >= 0) {
            throw wrongSize(expected, "more");
        }
        checkHash(expected, hashing.hash().toString());
    }

    static void checkSize(BundleFile expected, long size) {
        if (size != expected.size()) {
            throw wrongSize(expected, size > expected.size() ? "more" : Long.toString(size));
        }
    }

    static void checkSize(Path folder, BundleFile expected) {
        try {
            long size = Files.size(folder.resolve(expected.path()));
            if (size != expected.size()) {
                throw wrongSize(expected, Long.toString(size));
            }
        } catch (IOException e) {
            throw unreadable(expected, e);
        }
    }

    static ModelBundleException unreadable(BundleFile file, IOException cause) {
        return new ModelBundleException(file.path() + ": cannot be read: " + OneLine.of(cause.toString()), cause);
    }

    private static void checkHash(BundleFile expected, String sha256) {
        if (!sha256.equals(expected.sha256())) {
            throw new ModelBundleException(expected.path() + ": expected SHA-256 " + expected.sha256() + ", found " + sha256
                    + ": the file was altered or the download broke; " + FileCheck.FETCH_AGAIN);
        }
    }

    private static ModelBundleException wrongSize(BundleFile expected, String found) {
        return new ModelBundleException(expected.path() + ": expected " + expected.size() + " bytes, found " + found
                + ": the file was altered or the download broke; " + FileCheck.FETCH_AGAIN);
    }
}
