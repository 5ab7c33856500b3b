package wurstchen.onnx.internal.operators.gpu;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.sun.jna.Native;
import com.sun.jna.Pointer;
import java.util.List;
import org.junit.jupiter.api.Test;

class LaunchParametersTest {
    private final LaunchParameters parameters =
            new LaunchParameters((tensor, target) -> new Pointer(target).setLong(0, tensor.address()));

    @Test
    void eachAddress_isThatOfTheArgument() {
        Pointer list = new Pointer(parameters.write(List.of(0x1234_5678_9abc_def0L, -7, 1.5f, 3L)));

        assertThat(list.getPointer(0).getLong(0)).isEqualTo(0x1234_5678_9abc_def0L);
        assertThat(list.getPointer(Native.POINTER_SIZE).getInt(0)).isEqualTo(-7);
        assertThat(list.getPointer(2L * Native.POINTER_SIZE).getFloat(0)).isEqualTo(1.5f);
        assertThat(list.getPointer(3L * Native.POINTER_SIZE).getLong(0)).isEqualTo(3);
    }

    @Test
    void laterArguments_takeThePlaceOfEarlierOnes() {
        parameters.write(List.of(1L, 2L));
        Pointer list = new Pointer(parameters.write(List.of(5)));

        assertThat(list.getPointer(0).getInt(0)).isEqualTo(5);
    }

    @Test
    void tensors_areEncodedEachInAPlaceOfItsOwn() {
        TensorTiles first = TensorTiles.of(11, 64, 128, 64, 64);
        TensorTiles second = TensorTiles.of(22, 2, 5, 64, 16, 64);
        Pointer list = new Pointer(parameters.write(List.of(first, 7, second)));

        assertThat(list.getPointer(0).getLong(0)).isEqualTo(11);
        assertThat(list.getPointer(Native.POINTER_SIZE).getInt(0)).isEqualTo(7);
        assertThat(list.getPointer(2L * Native.POINTER_SIZE).getLong(0)).isEqualTo(22);
        assertThat(list.getLong(0) % TensorTiles.ALIGNMENT).isZero();
        assertThat(list.getLong(2L * Native.POINTER_SIZE) - list.getLong(0)).isEqualTo(TensorTiles.BYTES);

        Pointer numbers = new Pointer(parameters.write(List.of(5, 6, 8)));
        assertThat(numbers.getPointer(0).getInt(0)).isEqualTo(5);
        assertThat(numbers.getPointer(2L * Native.POINTER_SIZE).getInt(0)).isEqualTo(8);
    }

    @Test
    void strides_areBytesOfAllAxesButTheInnermost() {
        assertThat(TensorMaps.strides(new long[] {1536, 576, 2})).containsExactly(3072, 3072 * 576);
    }

    @Test
    void otherType_isRefused() {
        assertThatThrownBy(() -> parameters.write(List.of(1.0)))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessage("a kernel takes a Long, an Integer, a Float or a TensorTiles, got java.lang.Double");
    }
}
