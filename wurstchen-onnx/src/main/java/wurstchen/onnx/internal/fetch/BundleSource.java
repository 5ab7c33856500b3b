package wurstchen.onnx.internal.fetch;

import static java.util.Objects.requireNonNull;

import com.google.common.collect.ImmutableMap;
import com.google.common.primitives.Ints;
import com.google.common.primitives.Shorts;
import java.io.ByteArrayOutputStream;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.util.OptionalLong;
import wurstchen.onnx.Manifest;
import wurstchen.onnx.Manifest.BundleFile;
import wurstchen.onnx.ModelBundleException;
import wurstchen.onnx.internal.bundle.BundleArchive;
import wurstchen.onnx.internal.bundle.ManifestReader;

/** Where a bundle's files are on a server: one address each, or places in one archive. For one thread. */
final class BundleSource implements AutoCloseable {
    /** Source: APPNOTE.TXT 4.3.7, as a number of the header's byte order. */
    private static final int ENTRY = 0x04034b50;

    private static final int METHOD_AT = 8;
    private static final int SIZE_AT = 22;
    private static final int NAME_LENGTH_AT = 26;

    private final HttpGet http;
    private final URI source;
    private final boolean archive;
    private RemoteFile current;

    /**
     * The place of a file.
     *
     * @param remote the file on the server that holds it
     * @param start of its bytes in there
     * @param size that the file on the server must have; empty if unknown
     */
    record Place(RemoteFile remote, long start, OptionalLong size) {}

    BundleSource(HttpGet http, URI source) {
        this.http = http;
        this.source = source;
        this.archive = Addresses.isArchive(source);
        this.current = new RemoteFile(http, archive ? source : Addresses.ofFile(source, Manifest.FILE_NAME));
    }

    /**
     * Reads the manifest, of whatever contents.
     *
     * @throws ModelBundleException if it is too long for a manifest
     */
    byte[] manifest() {
        byte[] bytes = archive ? firstEntry() : bytes(0, ManifestReader.MAX_BYTES + 1, false);
        if (bytes.length > ManifestReader.MAX_BYTES) {
            throw new ModelBundleException(Addresses.shown(current.address()) + ": more than " + ManifestReader.MAX_BYTES
                    + " bytes, which is no manifest; give the address of a bundle");
        }
        return bytes;
    }

    private byte[] firstEntry() {
        int start = (int) BundleArchive.manifestStart();
        byte[] header = bytes(0, start, true);
        String name = new String(header, BundleArchive.HEADER_BYTES, start - BundleArchive.HEADER_BYTES, StandardCharsets.ISO_8859_1);
        int size = reversed(header, SIZE_AT);
        if (reversed(header, 0) != ENTRY
                || header[METHOD_AT] != 0
                || Shorts.fromBytes(header[NAME_LENGTH_AT + 1], header[NAME_LENGTH_AT]) != name.length()
                || !name.equals(Manifest.FILE_NAME)
                || size < 0) {
            throw new ModelBundleException(Addresses.shown(source) + ": expected an archive that begins with " + Manifest.FILE_NAME
                    + ", found other bytes; write it with the command pack");
        }
        return bytes(start, Math.min(size, ManifestReader.MAX_BYTES + 1), true);
    }

    private static int reversed(byte[] bytes, int at) {
        return Ints.fromBytes(bytes[at + 3], bytes[at + 2], bytes[at + 1], bytes[at]);
    }

    private byte[] bytes(long from, int most, boolean all) {
        ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        byte[] buffer = new byte[1 << 14];
        while (bytes.size() < most) {
            int read = current.read(from + bytes.size(), buffer, Math.min(buffer.length, most - bytes.size()), all);
            if (read < 0) {
                break;
            }
            bytes.write(buffer, 0, read);
        }
        return bytes.toByteArray();
    }

    /** Returns where a file is; ends what was read before, unless it is in the same file. */
    Place place(BundleFile file, ImmutableMap<String, Long> startsInArchive) {
        if (archive) {
            return new Place(current, requireNonNull(startsInArchive.get(file.path())), OptionalLong.empty());
        }
        current.close();
        current = new RemoteFile(http, Addresses.ofFile(source, file.path()));
        return new Place(current, 0, OptionalLong.of(file.size()));
    }

    @Override
    public void close() {
        current.close();
    }
}
