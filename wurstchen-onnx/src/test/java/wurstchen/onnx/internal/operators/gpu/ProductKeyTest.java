package wurstchen.onnx.internal.operators.gpu;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import org.junit.jupiter.api.Test;

class ProductKeyTest {
    private static final ProductShape DENSE = new ProductShape(2, 3, 4, Epilogue.BIAS, false, 1);
    private static final ProductShape RESIDUAL = new ProductShape(2, 3, 4, Epilogue.NONE, true, 5);

    @Test
    void alignment_isThePowerOfTwoThatDividesTheAddress_upTo256() {
        assertThat(ProductKey.of(new Product(DENSE, 0x1002, 0x1010, 0x1080, 0, 0x1000)))
                .isEqualTo(new ProductKey(DENSE, 2, 16, 128, 256, 256));
        assertThat(ProductKey.of(new Product(RESIDUAL, 0x100, 0x200, 0, 0x1020, 0x1040)))
                .isEqualTo(new ProductKey(RESIDUAL, 256, 256, 256, 32, 64));
    }

    @Test
    void otherAddressesOfTheSameAlignment_areTheSameKey() {
        assertThat(ProductKey.of(new Product(DENSE, 0x100, 0x200, 0x300, 0, 0x400)))
                .isEqualTo(ProductKey.of(new Product(DENSE, 0x4400, 0x3300, 0x2200, 0, 0x1100)));
    }

    @Test
    void withoutResidual_itsAlignmentIsThatOfTheResult() {
        assertThat(ProductKey.of(new Product(DENSE, 0x100, 0x200, 0x300, 0, 0x408)).residual()).isEqualTo(8);
    }

    @Test
    void emptyProduct_isRefused() {
        assertThatThrownBy(() -> new ProductShape(0, 3, 4, Epilogue.NONE, false, 1))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessage("a product needs sides of at least 1, got 0 x 3 x 4, 1 times");
    }

    @Test
    void shape_isReadable() {
        assertThat(DENSE).hasToString("[2,3] x [3,4], epilogue BIAS");
        assertThat(RESIDUAL).hasToString("5 times [2,3] x [3,4], with residual");
    }
}
