package wurstchen.sampling;

import static com.google.common.base.Preconditions.checkArgument;

import java.util.stream.IntStream;

/** One generator an image; each draws its contiguous slice of the batch. */
final class SeededNoise implements NoiseSource {
    private final TorchRandom[] generators;

    SeededNoise(long[] seeds) {
        checkArgument(seeds.length > 0, "noise needs one seed per image, got none; give at least one");
        generators = new TorchRandom[seeds.length];
        for (int i = 0; i < seeds.length; i++) {
            generators[i] = new TorchRandom(seeds[i]);
        }
    }

    @Override
    public void fill(float[] destination) {
        int images = generators.length;
        checkArgument(
                destination.length % images == 0,
                "noise for %s images must divide evenly, got %s values; size the destination as [images, ...] with one image per seed",
                images,
                destination.length);
        int slice = destination.length / images;
        IntStream.range(0, images).parallel().forEach(i -> generators[i].normal(destination, i * slice, slice));
    }
}
