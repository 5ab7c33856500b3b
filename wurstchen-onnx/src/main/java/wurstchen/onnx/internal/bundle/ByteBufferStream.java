package wurstchen.onnx.internal.bundle;

import java.io.OutputStream;
import java.nio.ByteBuffer;

/** An output stream into a buffer that is large enough. */
final class ByteBufferStream extends OutputStream {
    private final ByteBuffer buffer;

    ByteBufferStream(ByteBuffer buffer) {
        this.buffer = buffer;
    }

    @Override
    public void write(int value) {
        buffer.put((byte) value);
    }

    @Override
    public void write(byte[] bytes, int from, int count) {
        buffer.put(bytes, from, count);
    }
}
