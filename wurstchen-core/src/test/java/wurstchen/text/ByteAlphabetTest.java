package wurstchen.text;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

class ByteAlphabetTest {
    @Test
    void bytes_haveTheCharactersOfGpt2() {
        assertThat(ByteAlphabet.character('a')).isEqualTo('a');
        assertThat(ByteAlphabet.character(0)).isEqualTo('\u0100');
        assertThat(ByteAlphabet.character(' ')).isEqualTo('\u0120');
        assertThat(ByteAlphabet.character(0x7f)).isEqualTo('\u0121');
        assertThat(ByteAlphabet.character(0xad)).isEqualTo('\u0143');
        assertThat(ByteAlphabet.character(0xff)).isEqualTo('\u00ff');
    }

    @Test
    void characters_areDistinct() {
        assertThat(IntStream.range(0, 256).map(ByteAlphabet::character).distinct().count()).isEqualTo(256);
    }

    @Test
    void text_isDecodedFromItsBytes() {
        assertThat(ByteAlphabet.decode("caf\u00c3\u00a9")).isEqualTo("caf\u00e9");
        assertThat(ByteAlphabet.decode("\u00c3")).isEqualTo("\ufffd");
        assertThat(ByteAlphabet.decode("\u732b")).isEqualTo("\u732b");
    }
}
