package wurstchen.onnx.process;

import static com.google.common.base.Preconditions.checkArgument;

import wurstchen.PictureRequest;

/**
 * How large a request of a program of the tests is.
 *
 * @param width in px
 * @param height in px
 * @param batch pictures, all at a time
 */
public record RequestSize(int width, int height, int batch) {
    /** Reads {@code 256x128x2}. */
    public static RequestSize parse(String text) {
        checkArgument(text.matches("\\d{1,5}x\\d{1,5}x\\d{1,4}"), "a size is WIDTHxHEIGHTxPICTURES, such as 256x128x2, got '%s'", text);
        String[] numbers = text.split("x");
        return new RequestSize(Integer.parseInt(numbers[0]), Integer.parseInt(numbers[1]), Integer.parseInt(numbers[2]));
    }

    public PictureRequest request(long seed) {
        return builder(seed).build();
    }

    public PictureRequest.Builder builder(long seed) {
        return PictureRequest.builder("a cat").seed(seed).size(width, height).pictures(batch).batchSize(batch);
    }
}
