package wurstchen.onnx.internal.common;

import java.nio.channels.FileChannel;

/**
 * A part of a file, and where in a device's memory it goes.
 *
 * @param file open for reading
 * @param position its first byte
 * @param bytes how many
 * @param address where in memory
 */
public record FilePart(FileChannel file, long position, long bytes, long address) {}
