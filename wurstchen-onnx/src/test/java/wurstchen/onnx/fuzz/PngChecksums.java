package wurstchen.onnx.fuzz;

import java.nio.ByteBuffer;
import java.util.zip.CRC32;

/** Checksums of a PNG file's chunks. */
final class PngChecksums {
    private static final int SIGNATURE = 8;
    private static final int AROUND_CONTENT = 12;

    private PngChecksums() {}

    /** Returns a copy in which every chunk that lies in the file has the checksum that it needs. */
    static byte[] corrected(byte[] file) {
        byte[] png = file.clone();
        ByteBuffer in = ByteBuffer.wrap(png);
        for (int at = SIGNATURE; at + AROUND_CONTENT <= png.length; ) {
            int length = in.getInt(at);
            if (length < 0 || length > png.length - at - AROUND_CONTENT) {
                return png;
            }
            CRC32 crc = new CRC32();
            crc.update(png, at + 4, length + 4);
            in.putInt(at + 8 + length, (int) crc.getValue());
            at += length + AROUND_CONTENT;
        }
        return png;
    }
}
