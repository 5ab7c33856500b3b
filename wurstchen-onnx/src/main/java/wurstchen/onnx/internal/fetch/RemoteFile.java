package wurstchen.onnx.internal.fetch;

import java.io.EOFException;
import java.io.IOException;
import java.net.URI;
import java.util.OptionalLong;
import org.jspecify.annotations.Nullable;
import wurstchen.WurstchenException;
import wurstchen.onnx.internal.common.OneLine;

/**
 * A file on a server, read from any position. Reading on is reading the open response; after a break, or somewhere else, there is a new request
 * from that position on. For one thread.
 */
final class RemoteFile implements AutoCloseable {
    /** Up to here, reading and dropping bytes is cheaper than another request. */
    private static final int MAX_DROPPED = 1 << 16;

    private final HttpGet http;
    private final URI address;
    private final byte[] dropped = new byte[MAX_DROPPED];
    private HttpGet.@Nullable Response response;
    private long position;
    private boolean wholeOnly;
    private int failures;

    RemoteFile(HttpGet http, URI address) {
        this.http = http;
        this.address = address;
    }

    URI address() {
        return address;
    }

    /**
     * Reads some bytes. Tries again after a failure, until several tries in a row have brought nothing.
     *
     * @param from position of the first of them
     * @param target filled from its beginning
     * @param length how many at most, at least 1
     * @param more whether there must be more: an end is then a break
     * @return how many were read, at least 1; -1 if the file ends there
     * @throws WurstchenException if the server cannot be reached, does not have it, or takes too long
     */
    int read(long from, byte[] target, int length, boolean more) {
        while (true) {
            try {
                int read = readOnce(from, target, length, more);
                failures = 0;
                return read;
            } catch (IOException e) {
                failed(e);
            } catch (InterruptedException e) {
                close();
                throw http.clock().interrupted(e);
            }
        }
    }

    /** Returns the size of the file, as the server says; empty if it does not, or was not asked yet. */
    OptionalLong announcedSize() {
        return response == null ? OptionalLong.empty() : response.size();
    }

    private void failed(IOException cause) {
        close();
        failures++;
        if (failures >= http.limits().tries()) {
            throw new WurstchenException(
                    Addresses.shown(address) + ": " + failures + " tries in a row brought nothing, the last one: "
                            + OneLine.of(cause.getMessage() == null ? cause.toString() : cause.getMessage())
                            + "; try again later: what was fetched is kept",
                    cause);
        }
        http.clock().pause(http.limits().pauseAfter(failures));
    }

    private int readOnce(long from, byte[] target, int length, boolean more) throws IOException, InterruptedException {
        HttpGet.Response open = openAt(from);
        while (position < from) {
            int read = read(open, dropped, (int) Math.min(from - position, MAX_DROPPED));
            if (read < 0) {
                throw new EOFException("the server's file ends at byte " + position + ", before " + from);
            }
        }
        int read = read(open, target, length);
        if (read < 0 && more) {
            throw new EOFException("the server ended the file after " + position + " bytes");
        }
        return read;
    }

    private HttpGet.Response openAt(long from) throws IOException, InterruptedException {
        HttpGet.Response open = response;
        if (open == null || from < position || from - position > MAX_DROPPED && !wholeOnly) {
            close();
            open = http.open(address, from);
            response = open;
            position = open.start();
            wholeOnly = from > 0 && position == 0;
        }
        return open;
    }

    private int read(HttpGet.Response open, byte[] target, int length) throws IOException, InterruptedException {
        int read = open.body().read(target, length, http.clock().atMost(http.limits().quiet()));
        position += Math.max(read, 0);
        return read;
    }

    /** Ends the open response, if there is one. A later read asks again. */
    @Override
    public void close() {
        if (response != null) {
            response.body().cancel();
            response = null;
        }
    }
}
