package wurstchen.onnx.internal.bundle;

import com.google.common.hash.Hashing;
import com.google.common.hash.HashingInputStream;
import com.google.common.io.ByteStreams;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import wurstchen.onnx.Manifest.BundleFile;
import wurstchen.onnx.ModelBundleException;
import wurstchen.onnx.internal.common.OneLine;

/** Compares the size and SHA-256 of a file with the manifest. */
final class FileCheck {
    /** Remedy for a file that differs from the manifest. */
    static final String FETCH_AGAIN = "export or download the bundle again";

    /** The longest array that every JVM can allocate. */
    private static final int MOST_BYTES_AT_ONCE = Integer.MAX_VALUE - 8;

    private FileCheck() {}

    /** As {@link #read(BundleFiles, BundleFile)}, for a file of limited size. */
    static byte[] read(BundleFiles files, BundleFile expected, int most) {
        if (expected.size() > most) {
            throw new ModelBundleException(
                    expected.path() + ": has " + expected.size() + " bytes, this library reads at most " + most + "; export the bundle again");
        }
        return read(files, expected);
    }

    /** Reads a whole file. The bytes returned are the bytes that were checked. */
    static byte[] read(BundleFiles files, BundleFile expected) {
        byte[] bytes;
        try (InputStream in = files.open(expected.path())) {
            bytes = in.readNBytes(checkFitsAnArray(expected) + 1);
        } catch (IOException e) {
            throw unreadable(expected, e);
        }
        checkSize(expected, bytes.length);
        checkHash(expected, Hashing.sha256().hashBytes(bytes).toString());
        return bytes;
    }

    /** Returns the size of a file that is to be read into an array. */
    static int checkFitsAnArray(BundleFile expected) {
        if (expected.size() > MOST_BYTES_AT_ONCE) {
            throw new ModelBundleException(expected.path() + ": has " + expected.size() + " bytes, at most " + MOST_BYTES_AT_ONCE
                    + " can be read at once; export the bundle again with its weights in .onnx.data, and give a model folder");
        }
        return (int) expected.size();
    }

    /** Copies a file while checking it. No more than the expected size is written. */
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

    /** As {@link #checkSize}, for a size that was found without reading. */
    static void checkExactSize(BundleFile expected, long size) {
        if (size != expected.size()) {
            throw wrongSize(expected, Long.toString(size));
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
