package wurstchen.onnx.internal.cache;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import wurstchen.WurstchenException;
import wurstchen.onnx.internal.common.FakeHost;

class CacheFolderTest {
    private final FakeHost fake = new FakeHost(Path.of("/")).property("user.home", "/home/ada");

    private Path folder() {
        return CacheFolder.of(fake.host());
    }

    @Test
    void linux_followsXdg() {
        assertThat(folder()).isEqualTo(Path.of("/home/ada/.cache/wurstchen"));
        fake.variable("XDG_CACHE_HOME", "/var/cache/ada");
        assertThat(folder()).isEqualTo(Path.of("/var/cache/ada/wurstchen"));
        fake.variable("XDG_CACHE_HOME", "relative/is/ignored");
        assertThat(folder()).isEqualTo(Path.of("/home/ada/.cache/wurstchen"));
    }

    @Test
    void mac_hasLibraryCaches() {
        fake.property("os.name", "Mac OS X");
        assertThat(folder()).isEqualTo(Path.of("/home/ada/Library/Caches/wurstchen"));
    }

    @Test
    void windows_hasLocalAppData() {
        fake.property("os.name", "Windows 11");
        assertThat(folder()).isEqualTo(Path.of("/home/ada/AppData/Local/wurstchen"));
        fake.variable("LOCALAPPDATA", "/Users/ada/Local");
        assertThat(folder()).isEqualTo(Path.of("/Users/ada/Local/wurstchen"));
    }

    @Test
    void property_comesBeforeVariable_beforeConvention() {
        fake.variable(CacheFolder.VARIABLE, "/data/variable");
        assertThat(folder()).isEqualTo(Path.of("/data/variable"));
        fake.property(CacheFolder.PROPERTY, "/data/property");
        assertThat(folder()).isEqualTo(Path.of("/data/property"));
    }

    @Test
    void userWithoutHome_isToldToNameAFolder() {
        fake.property("user.home", "?");

        assertThatThrownBy(this::folder)
                .isInstanceOf(WurstchenException.class)
                .hasMessage("no cache folder: this user has no home folder; name a folder with -Dwurstchen.cache=FOLDER or the environment"
                        + " variable WURSTCHEN_CACHE");
    }

    @Test
    void impossibleName_isNamed() {
        fake.property(CacheFolder.PROPERTY, "a\0b");

        assertThatThrownBy(this::folder)
                .isInstanceOf(WurstchenException.class)
                .hasMessage("no cache folder: 'a\0b' is no folder name; name a folder with -Dwurstchen.cache=FOLDER or the environment"
                        + " variable WURSTCHEN_CACHE");
    }
}
