package wurstchen.sampling;

import static com.google.common.base.Preconditions.checkArgument;

import java.util.stream.IntStream;

/** One generator for each picture; each draws its contiguous slice of the batch. */
final class SeededNoise implements NoiseSource {
    private final TorchRandom[] generators;

    SeededNoise(long[] seeds) {
        checkArgument(seeds.length > 0, "noise needs one seed per picture, got none; give at least one");
        generators = new TorchRandom[seeds.length];
        for (int i = 0; i < seeds.length; i++) {
            generators[i] = new TorchRandom(seeds[i]);
        }
    }

    @Override
    public void fill(float[] destination) {
        int pictures = generators.length;
        checkArgument(
                destination.length % pictures == 0,
                "noise for %s pictures must divide evenly, got %s values; size the destination as [pictures, ...] with one picture per seed",
                pictures,
                destination.length);
        int slice = destination.length / pictures;
        IntStream.range(0, pictures).parallel().forEach(i -> generators[i].normal(destination, i * slice, slice));
    }
}
