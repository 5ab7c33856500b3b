package wurstchen.onnx.process;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.file.Path;
import java.time.Duration;
import java.util.concurrent.locks.LockSupport;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.DisabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.api.io.TempDir;

class ChildJvmTest {
    @TempDir
    private Path folder;

    /** Prints what it has of this JVM, or waits for ever. */
    static final class Child {
        public static void main(String[] args) {
            if (args[0].equals("hang")) {
                while (true) {
                    LockSupport.park();
                }
            }
            System.out.println(System.getProperty("java.home"));
            System.out.println(System.getProperty("java.class.path"));
            System.out.println(System.getProperty("java.io.tmpdir"));
        }
    }

    @Test
    void child_hasTheJavaAndClassPathOfThis() throws Exception {
        assertThat(new ChildJvm(folder, Child.class, "print").exits(0))
                .containsExactly(
                        System.getProperty("java.home"), System.getProperty("java.class.path"), System.getProperty("java.io.tmpdir"));
    }

    @Test
    void otherExitStatus_isAFailure() {
        assertThatThrownBy(() -> new ChildJvm(folder, Child.class, "print").exits(3))
                .isInstanceOf(AssertionError.class)
                .hasMessageContaining("exit status; output: " + System.getProperty("java.home"));
    }

    @Test
    @DisabledOnOs(value = OS.WINDOWS, disabledReason = "there are no signals on Windows")
    void programThatHangs_saysWhere() {
        assertThatThrownBy(() -> new ChildJvm(folder, Child.class, "hang").hangsAfter(Duration.ofSeconds(2)).exits(0))
                .isInstanceOf(AssertionError.class)
                .hasMessageContaining("whether it hangs; output: ")
                .hasMessageContaining("ChildJvmTest$Child.main");
    }
}
