package wurstchen.onnx.internal.bundle;

import java.nio.charset.StandardCharsets;
import java.util.stream.LongStream;

/** Reads the fields of a protobuf message in order. Throws IllegalArgumentException for malformed input. */
public final class ProtobufReader {
    private static final int VARINT = 0;
    private static final int FIXED_64 = 1;
    private static final int LENGTH_DELIMITED = 2;
    private static final int FIXED_32 = 5;

    private final byte[] bytes;
    private final int end;
    private int position;
    private int tag;

    public ProtobufReader(byte[] bytes) {
        this(bytes, 0, bytes.length);
    }

    private ProtobufReader(byte[] bytes, int start, int end) {
        this.bytes = bytes;
        this.position = start;
        this.end = end;
    }

    /** Moves to the next field; returns false at the end of the message. Each field must be read or skipped before the next. */
    public boolean next() {
        if (position == end) {
            return false;
        }
        long read = varint();
        if (read >>> 3 == 0 || read >>> 32 != 0) {
            throw new IllegalArgumentException("bad tag " + read);
        }
        tag = (int) read;
        return true;
    }

    public int field() {
        return tag >>> 3;
    }

    /** Returns the field as a message. */
    public ProtobufReader message() {
        int start = content();
        return new ProtobufReader(bytes, start, position);
    }

    /** Returns the field as a string. */
    public String text() {
        int start = content();
        return new String(bytes, start, position - start, StandardCharsets.UTF_8);
    }

    /** Returns the field as an integer. */
    public long number() {
        if ((tag & 7) != VARINT) {
            throw new IllegalArgumentException("expected an integer in field " + field());
        }
        return varint();
    }

    /** Returns the field as the values of a repeated number, packed or not, at most so many. */
    public long[] numbers(int most) {
        if ((tag & 7) == VARINT) {
            return new long[] {varint()};
        }
        ProtobufReader packed = message();
        LongStream.Builder values = LongStream.builder();
        for (int count = 0; packed.position < packed.end; count++) {
            if (count == most) {
                throw new IllegalArgumentException("more than " + most + " numbers in field " + field());
            }
            values.add(packed.varint());
        }
        return values.build().toArray();
    }

    public void skip() {
        switch (tag & 7) {
            case VARINT -> varint();
            case FIXED_64 -> move(8);
            case LENGTH_DELIMITED -> content();
            case FIXED_32 -> move(4);
            default -> throw new IllegalArgumentException("bad wire type in tag " + tag);
        }
    }

    /** Moves past a length-delimited field and returns its start. */
    private int content() {
        if ((tag & 7) != LENGTH_DELIMITED) {
            throw new IllegalArgumentException("expected bytes in field " + field());
        }
        long length = varint();
        int start = position;
        move(length);
        return start;
    }

    private void move(long length) {
        if (length < 0 || length > end - position) {
            throw new IllegalArgumentException("field " + field() + " runs past the end of its message");
        }
        position += (int) length;
    }

    private long varint() {
        long value = 0;
        for (int shift = 0; shift < 64; shift += 7) {
            if (position == end) {
                throw new IllegalArgumentException("number runs past the end of its message");
            }
            byte next = bytes[position++];
            value |= (long) (next & 0x7f) << shift;
            if (next >= 0) {
                return value;
            }
        }
        throw new IllegalArgumentException("number of more than 64 bits");
    }
}
