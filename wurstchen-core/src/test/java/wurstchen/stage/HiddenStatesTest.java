package wurstchen.stage;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import org.junit.jupiter.api.Test;

class HiddenStatesTest {
    private final float[] values = {1, 2, 3, 4, 5, 6};
    private final HiddenStates states = HiddenStates.onHost(3, 1, 2, values);

    @Test
    void onHost_arrayChangedAfterwards_keepsItsOwnValues() {
        values[0] = 9;
        states.toHost()[1] = 9;

        assertThat(states.toHost()).containsExactly(1, 2, 3, 4, 5, 6);
        assertThat(states.rows()).isEqualTo(3);
        assertThat(states.tokens()).isEqualTo(1);
        assertThat(states.width()).isEqualTo(2);
    }

    @Test
    void select_picksRowsInAnyOrderAndAgain() {
        try (HiddenStates selected = states.select(2, 0, 2)) {
            states.close();
            assertThat(selected.toHost()).containsExactly(5, 6, 1, 2, 5, 6);
            assertThat(selected.rows()).isEqualTo(3);
            assertThat(selected.tokens()).isEqualTo(1);
            assertThat(selected.width()).isEqualTo(2);
        }
    }

    @Test
    void select_noSuchRow_throws() {
        assertThatThrownBy(() -> states.select(0, 3))
                .isInstanceOf(IndexOutOfBoundsException.class)
                .hasMessage("Index 3 out of bounds for length 3");
        assertThatThrownBy(() -> states.select(-1)).isInstanceOf(IndexOutOfBoundsException.class);
    }

    @Test
    void onHost_wrongShape_throws() {
        assertThatThrownBy(() -> HiddenStates.onHost(2, 2, 2, values))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessage("hidden states of shape [2, 2, 2] need 8 values, got 6");
        assertThatThrownBy(() -> HiddenStates.onHost(0, 2, 2, values))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessage("every dimension of hidden states must be at least 1, got [0, 2, 2]");
    }

    @Test
    void pooledEmbeddings_followTheirRows() {
        HiddenStates states = HiddenStates.onHost(2, 2, 1, new float[] {1, 2, 3, 4}, 3, new float[] {5, 6, 7, 8, 9, 10});

        HiddenStates selected = states.select(1, 0, 1);

        assertThat(selected.toHost()).containsExactly(3, 4, 1, 2, 3, 4);
        assertThat(selected.pooledWidth()).isEqualTo(3);
        assertThat(selected.pooledToHost()).containsExactly(8, 9, 10, 5, 6, 7, 8, 9, 10);
    }

    @Test
    void pooledEmbeddingsOfAnotherNumber_areRefused() {
        assertThatThrownBy(() -> HiddenStates.onHost(2, 1, 1, new float[2], 3, new float[5]))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessage("pooled embeddings of shape [2, 3] need 6 values, got 5");
    }
}
