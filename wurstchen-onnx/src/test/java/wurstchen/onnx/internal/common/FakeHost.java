package wurstchen.onnx.internal.common;

import java.nio.file.Path;
import java.util.HashMap;
import java.util.Map;

/** A machine that a test makes up: Linux on x86-64, nothing installed, nothing set. */
public final class FakeHost {
    private final Path root;
    private final Map<String, String> properties = new HashMap<>(Map.of("os.name", "Linux", "os.arch", "amd64"));
    private final Map<String, String> variables = new HashMap<>();

    public FakeHost(Path root) {
        this.root = root;
    }

    public FakeHost property(String name, Object value) {
        properties.put(name, value.toString());
        return this;
    }

    public FakeHost variable(String name, Object value) {
        variables.put(name, value.toString());
        return this;
    }

    public HostSystem host() {
        return new HostSystem(properties::get, variables::get, root);
    }
}
