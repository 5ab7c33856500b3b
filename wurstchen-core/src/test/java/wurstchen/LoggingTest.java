package wurstchen;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.List;
import java.util.logging.Handler;
import java.util.logging.Level;
import java.util.logging.LogRecord;
import java.util.logging.Logger;
import java.util.logging.SimpleFormatter;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import wurstchen.fixtures.FormulaStages;

/** What a service finds in its log: System.Logger writes to java.util.logging unless told otherwise. */
class LoggingTest {
    private static final Logger LOGGER = Logger.getLogger("wurstchen");

    private final List<String> lines = new ArrayList<>();
    private final Handler handler = new Handler() {
        @Override
        public void publish(LogRecord line) {
            lines.add(line.getLevel() + " " + new SimpleFormatter().formatMessage(line));
        }

        @Override
        public void flush() {}

        @Override
        public void close() {}
    };

    @BeforeEach
    void listen() {
        LOGGER.addHandler(handler);
        LOGGER.setLevel(Level.ALL);
        LOGGER.setUseParentHandlers(false);
    }

    @AfterEach
    void stopListening() {
        LOGGER.removeHandler(handler);
        LOGGER.setLevel(null);
        LOGGER.setUseParentHandlers(true);
    }

    @Test
    void droppedText_isAWarningOnceARequest() {
        try (Wurstchen wurstchen = new FormulaStages().pipeline().build()) {
            wurstchen.generate(PictureRequest.builder("a b c a b").pictures(2).build());
        }

        assertThat(lines)
                .containsExactly(
                        "WARNING Stage C does not see the end of the prompt, which is too long: \"b\"",
                        "WARNING Stage B does not see the end of the prompt, which is too long: \"a b\"");
    }

    @Test
    void longDroppedText_isCutInTheLogOnly() {
        try (Wurstchen wurstchen = new FormulaStages().pipeline().build()) {
            PictureResult result = wurstchen.generate("a b c a " + "\u001b".repeat(200));

            assertThat(result.droppedTexts().get(0).dropped()).isEqualTo("<|endoftext|>".repeat(200));
        }

        assertThat(lines)
                .first()
                .asString()
                .matches("WARNING Stage C does not see the end of the prompt, which is too long: \"[<|endoftxt>]{100}\\.\\.\\.\"");
    }

    @Test
    void promptThatFits_isNotLogged() {
        try (Wurstchen wurstchen = new FormulaStages().pipeline().build()) {
            wurstchen.generate("a");
        }

        assertThat(lines).isEmpty();
    }
}
