package wurstchen.onnx.internal.fetch;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.net.URI;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import wurstchen.WurstchenException;

class AddressesTest {
    @ParameterizedTest
    @CsvSource({
        "https://a.invalid/m, https://a.invalid/m/t/v.json",
        "https://a.invalid/m/, https://a.invalid/m/t/v.json",
        "https://a.invalid/m/model.json?k=1, https://a.invalid/m/t/v.json?k=1",
        "https://a.invalid, https://a.invalid/t/v.json",
    })
    void addressOfAFile_liesBesideTheManifests(String source, String expected) {
        assertThat(Addresses.ofFile(URI.create(source), "t/v.json")).hasToString(expected);
    }

    @Test
    void redirectToLessSecurity_isRefused() {
        URI from = URI.create("https://a.invalid/m/x?key=secret");

        assertThatThrownBy(() -> Addresses.redirected(from, Optional.of("http://b.invalid/x?key=secret")))
                .isInstanceOf(WurstchenException.class)
                .hasMessage("https://a.invalid/m/x: the server redirects from https to http://b.invalid/x, which is not encrypted;"
                        + " use the address of the files themselves");
        assertThat(Addresses.redirected(URI.create("http://a.invalid/m/x"), Optional.of("https://b.invalid/x")))
                .hasToString("https://b.invalid/x");
    }

    @ParameterizedTest
    @CsvSource({"http://a.invalid/1, http://a.invalid/2, true", "http://a.invalid/1, https://a.invalid/1, false", "http://a.invalid/1, http://a.invalid:81/1, false"})
    void server_isSchemeHostAndPort(String one, String other, boolean same) {
        assertThat(Addresses.sameServer(URI.create(one), URI.create(other))).isEqualTo(same);
    }
}
