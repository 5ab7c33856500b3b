package wurstchen.image;

import static java.nio.charset.StandardCharsets.ISO_8859_1;

import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.util.Set;
import java.util.zip.InflaterInputStream;

/**
 * Limits what a PNG file takes before it is read: its chunks lie in the file, and what the compressed ones beside the pixels unpack to has a
 * limit, as a megabyte can hold a gigabyte.
 *
 * <p>Source of the layouts: PNG specification, chunks zTXt, iTXt and iCCP.
 */
final class PngChunks {
    /** Bytes of all such chunks together. */
    private static final long MAX_BYTES = 16 << 20;

    private static final int SIGNATURE = 8;
    private static final byte FIRST_BYTE = (byte) 0x89;
    private static final int CRC = 4;
    private static final String LAST = "IEND";
    private static final Set<String> COMPRESSED = Set.of("zTXt", "iTXt", "iCCP");

    private PngChunks() {}

    /**
     * Checks a PNG file; leaves it to the parser to find other damage, and other formats to theirs.
     *
     * @throws IOException if a chunk runs past the end, or chunks unpack to too much
     */
    static void check(byte[] file) throws IOException {
        if (file.length == 0 || file[0] != FIRST_BYTE) {
            return;
        }
        ByteBuffer in = ByteBuffer.wrap(file);
        long unpacked = 0;
        for (int at = SIGNATURE; at + 2 * Integer.BYTES <= file.length; ) {
            int length = in.getInt(at);
            String type = new String(file, at + Integer.BYTES, Integer.BYTES, ISO_8859_1);
            int start = at + 2 * Integer.BYTES;
            if (length < 0 || length > file.length - start) {
                // The parser would take memory for all of it before it reads.
                throw new IOException("a chunk of " + Integer.toUnsignedString(length) + " bytes, of which the file has "
                        + (file.length - start));
            }
            if (type.equals(LAST)) {
                return;
            }
            if (COMPRESSED.contains(type)) {
                unpacked += unpacked(file, start, length, MAX_BYTES - unpacked);
                if (unpacked > MAX_BYTES) {
                    throw new IOException("its text unpacks to more than " + MAX_BYTES + " bytes");
                }
            }
            at = start + length + CRC;
            if (at < 0) {
                return;
            }
        }
    }

    /** Counts what follows the first zero bytes if it can be unpacked, up to a little more than a limit. */
    private static long unpacked(byte[] file, int start, int length, long most) {
        long largest = 0;
        // Where the packed bytes begin depends on the type and on lengths in it: each place after one of the first zeros is tried.
        int zeros = 0;
        for (int i = start; i < start + length && zeros < 5; i++) {
            if (file[i] == 0) {
                zeros++;
                largest = Math.max(largest, Math.max(inflated(file, i + 1, start + length, most), inflated(file, i + 2, start + length, most)));
            }
        }
        return largest;
    }

    private static long inflated(byte[] file, int from, int to, long most) {
        if (from >= to) {
            return 0;
        }
        long bytes = 0;
        byte[] part = new byte[1 << 13];
        try (InputStream in = new InflaterInputStream(new ByteArrayInputStream(file, from, to - from))) {
            for (int count = in.read(part); count >= 0 && bytes <= most; count = in.read(part)) {
                bytes += count;
            }
        } catch (IOException e) {
            return bytes; // No packed data begins here, or it is damaged.
        }
        return bytes;
    }
}
