package wurstchen.onnx.internal.fetch;

import com.google.common.hash.Hasher;
import com.google.common.hash.Hashing;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.OptionalLong;
import wurstchen.WurstchenException;
import wurstchen.onnx.Manifest.BundleFile;
import wurstchen.onnx.ModelBundleException;
import wurstchen.onnx.internal.common.OneLine;

/**
 * One file of a bundle on its way to the disk. What is there already is kept if the whole has the right hash.
 *
 * @param expected the file, as the manifest describes it
 * @param place where it is on the server
 * @param target where it goes
 * @param progress is told how many bytes of the file are there
 */
record FileFetch(BundleFile expected, BundleSource.Place place, Path target, Progress progress) {
    private static final int BUFFER_BYTES = 1 << 16;

    /** Hears how many bytes of a file are on the disk. */
    interface Progress {
        void at(long bytes);
    }

    /**
     * Fetches what is missing.
     *
     * @throws ModelBundleException if the server's file is not the one of the manifest
     * @throws WurstchenException if it cannot be fetched or written
     */
    void run() {
        try {
            boolean fresh = size() == 0;
            String found = fetchRest();
            if (!found.equals(expected.sha256()) && !fresh) {
                // What was there may be of another file: once more, all of it.
                Files.delete(target);
                found = fetchRest();
            }
            if (!found.equals(expected.sha256())) {
                Files.delete(target);
                throw new ModelBundleException(expected.path() + ": expected SHA-256 " + expected.sha256() + ", found " + found + " at "
                        + Addresses.shown(place.remote().address()) + "; the server has another file: give the address of this model");
            }
        } catch (IOException e) {
            throw new WurstchenException("cannot write " + target + ": " + OneLine.of(e.toString()) + "; free space, or name another cache", e);
        }
    }

    private long size() throws IOException {
        return Files.exists(target, LinkOption.NOFOLLOW_LINKS) ? Files.size(target) : 0;
    }

    /** Fetches what is missing and returns the SHA-256 of the whole. */
    private String fetchRest() throws IOException {
        if (size() > expected.size()) {
            Files.delete(target);
        }
        Hasher hasher = Hashing.sha256().newHasher();
        long have = hashBeginning(hasher);
        progress.at(have);
        byte[] buffer = new byte[BUFFER_BYTES];
        try (OutputStream out = Files.newOutputStream(
                target, StandardOpenOption.CREATE, StandardOpenOption.APPEND, LinkOption.NOFOLLOW_LINKS)) {
            boolean asked = have < expected.size();
            while (have < expected.size()) {
                int read = place.remote().read(
                        place.start() + have, buffer, (int) Math.min(buffer.length, expected.size() - have), true);
                checkAnnounced();
                out.write(buffer, 0, read);
                hasher.putBytes(buffer, 0, read);
                have += read;
                progress.at(have);
            }
            checkEnd(asked, buffer);
        }
        return hasher.hash().toString();
    }

    private long hashBeginning(Hasher hasher) throws IOException {
        long have = 0;
        if (size() > 0) {
            byte[] buffer = new byte[BUFFER_BYTES];
            try (InputStream in = Files.newInputStream(target, LinkOption.NOFOLLOW_LINKS)) {
                for (int read = in.read(buffer); read >= 0; read = in.read(buffer)) {
                    hasher.putBytes(buffer, 0, read);
                    have += read;
                }
            }
        }
        return have;
    }

    private void checkAnnounced() {
        OptionalLong announced = place.remote().announcedSize();
        if (place.size().isPresent() && announced.isPresent() && announced.getAsLong() != place.size().getAsLong()) {
            throw wrongSize(Long.toString(announced.getAsLong()));
        }
    }

    /** A server that did not say the size may send more. */
    private void checkEnd(boolean asked, byte[] buffer) {
        boolean unknown = place.size().isPresent() && place.remote().announcedSize().isEmpty();
        if (asked && unknown && place.remote().read(expected.size(), buffer, 1, false) >= 0) {
            throw wrongSize("more");
        }
    }

    private ModelBundleException wrongSize(String found) {
        return new ModelBundleException(expected.path() + ": expected " + expected.size() + " bytes, the server has " + found + " at "
                + Addresses.shown(place.remote().address()) + "; the server has another file: give the address of this model");
    }
}
