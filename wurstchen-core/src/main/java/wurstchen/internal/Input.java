package wurstchen.internal;

import static com.google.common.base.Preconditions.checkArgument;

import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * A large value of a request, which settings name by its hash. Two are equal if their hashes are.
 *
 * @param <T> the value's type
 */
public final class Input<T> {
    private final String sha256;
    private final @Nullable T value;

    private Input(String sha256, @Nullable T value) {
        this.sha256 = sha256;
        this.value = value;
    }

    /** Returns an input that is at hand. */
    public static <T> Input<T> of(String sha256, T value) {
        return new Input<>(sha256, value);
    }

    /**
     * Returns an input that only its hash is known of.
     *
     * @throws IllegalArgumentException if it is no hash
     */
    public static <T> Input<T> named(String sha256) {
        checkArgument(sha256.matches("[0-9a-f]{64}"), "a SHA-256 must be 64 lower-case hexadecimal digits, got '%s'", sha256);
        return new Input<>(sha256, null);
    }

    /** Returns the hash, 64 lower-case hexadecimal digits. */
    public String sha256() {
        return sha256;
    }

    /** Returns the value; empty if only its hash is known. */
    public Optional<T> value() {
        return Optional.ofNullable(value);
    }

    @Override
    public boolean equals(Object other) {
        return other instanceof Input<?> that && sha256.equals(that.sha256);
    }

    @Override
    public int hashCode() {
        return sha256.hashCode();
    }

    @Override
    public String toString() {
        return (value == null ? "" : value + " ") + "sha256:" + sha256.substring(0, 12);
    }
}
