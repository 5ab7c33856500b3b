package wurstchen.stage;

import static com.google.common.base.Preconditions.checkArgument;

/** Latents in a Java array. */
final class HostLatents implements Latents {
    private final LatentShape shape;
    private final float[] values;

    HostLatents(LatentShape shape, float[] values) {
        checkArgument(
                values.length == shape.values(), "latents of shape %s need %s values, got %s", shape, shape.values(), values.length);
        this.shape = shape;
        this.values = values.clone();
    }

    @Override
    public LatentShape shape() {
        return shape;
    }

    @Override
    public float[] toHost() {
        return values.clone();
    }

    @Override
    public void close() {
        // Nothing but a Java array is held.
    }
}
