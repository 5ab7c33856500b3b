package wurstchen.onnx.internal.bundle;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.google.common.collect.ImmutableMap;
import com.google.common.hash.Hashing;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import wurstchen.onnx.Manifest.BundleFile;
import wurstchen.onnx.ModelBundleException;

class WeightReaderTest {
    private static final byte[] DATA = {1, 2, 3, 4, 5, 6, 7, 8};
    private static final String INITIALIZER = "7 5";

    private static WeightReader reader(long size) {
        ResourceFiles files = new ResourceFiles(new BytesOnAClassPath(Map.of("any/graphs/w", DATA)), "any");
        return new WeightReader(
                files, ImmutableMap.of("graphs/w", new BundleFile("graphs/w", size, Hashing.sha256().hashBytes(DATA).toString())));
    }

    private static byte[] model(String path, Map<String, String> place) {
        return OnnxBytes.nested(path, OnnxBytes.externalData(place));
    }

    @Test
    void partOfAFile_isRead() {
        byte[] model = model(INITIALIZER, Map.of("location", "w", "offset", "2", "length", "4"));

        WeightBytes weight = reader(DATA.length).read("graphs/g", model).get(0);

        byte[] values = new byte[4];
        weight.values().get(values);
        assertThat(weight.values().hasRemaining()).isFalse();
        assertThat(values).containsExactly(3, 4, 5, 6);
    }

    @ParameterizedTest
    @CsvSource({
        "-1, 4, which is no place in a file",
        "5, 4, w has 8",
        "9, 1, w has 8",
        "9223372036854775807, 4, which is no place in a file",
        "0, 9223372036854775807, w has 8"
    })
    void weightOutsideOfItsFile_isRefused(String offset, String length, String reason) {
        byte[] model = model(INITIALIZER, Map.of("location", "w", "offset", offset, "length", length));

        assertThatThrownBy(() -> reader(DATA.length).read("graphs/g", model))
                .isInstanceOf(ModelBundleException.class)
                .hasMessage("graphs/g: the weight  has " + length + " bytes from " + offset + " on, " + reason + "; export the bundle"
                        + " again");
    }

    /** What ONNX Runtime could only find by the name of a file. */
    @ParameterizedTest
    @CsvSource({"25 7 5 5, 4", "7 1 5 6 5, 4", "7 5, 0"})
    void weightThatIsNoInitializer_orHasNoLength_isRefused(String path, String length) {
        byte[] model = model(path, Map.of("location", "w", "length", length));

        assertThatThrownBy(() -> reader(DATA.length).read("graphs/g", model))
                .isInstanceOf(ModelBundleException.class)
                .hasMessage("graphs/g: keeps weights of functions or inner graphs, or without a length, outside of itself, where only ONNX"
                        + " Runtime finds them; export the bundle again");
    }

    @Test
    void fileThatFitsNoArray_isRefused() {
        byte[] model = model(INITIALIZER, Map.of("location", "w", "length", "4"));

        assertThatThrownBy(() -> reader(1L << 31).read("graphs/g", model))
                .isInstanceOf(ModelBundleException.class)
                .hasMessage("graphs/w: has 2147483648 bytes, at most 2147483639 can be read at once; export the bundle again with its weights"
                        + " in .onnx.data, and give a model folder");
    }
}
