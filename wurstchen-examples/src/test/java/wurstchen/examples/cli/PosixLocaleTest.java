package wurstchen.examples.cli;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

final class PosixLocaleTest {
    @Test
    void arguments_areTheEndOfTheCommandLine() {
        byte[] commandLine = "java\0-jar\0wurstchen.jar\0generate\0\0naïve café 猫\0".getBytes(UTF_8);

        assertThat(PosixLocale.lastOf(commandLine, new String[] {"generate", "", "na??ve caf?? ???"}))
                .containsExactly("generate", "", "naïve café 猫");
    }

    @Test
    void emptyLastArgument_isKept() {
        byte[] commandLine = "java\0generate\0\0".getBytes(UTF_8);

        assertThat(PosixLocale.lastOf(commandLine, new String[] {"generate", ""})).containsExactly("generate", "");
    }

    @Test
    void commandLineWithFewerArguments_isNotUsed() {
        String[] args = {"generate", "a cat"};

        assertThat(PosixLocale.lastOf("java\0".getBytes(UTF_8), args)).isSameAs(args);
    }
}
