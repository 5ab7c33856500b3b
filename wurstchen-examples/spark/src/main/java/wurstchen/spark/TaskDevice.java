package wurstchen.spark;

import static com.google.common.base.Preconditions.checkArgument;

import java.io.Serializable;
import java.util.regex.Pattern;
import org.apache.spark.TaskContext;
import org.apache.spark.resource.ResourceInformation;
import org.jspecify.annotations.Nullable;
import wurstchen.onnx.Device;

/**
 * Which device a task uses. Immutable.
 *
 * @param name {@code auto}, {@code cpu}, {@code cpu:THREADS}, or a GPU as {@link Device#parse} takes it
 */
record TaskDevice(String name) implements Serializable {
    private static final String GPU = "gpu";
    private static final Pattern CPU_THREADS = Pattern.compile("cpu:([0-9]{1,4})");

    TaskDevice {
        checkArgument(
                name.equals("auto") || CPU_THREADS.matcher(name).matches() || isDevice(name),
                "unknown device '%s': there are auto (the GPU that Spark gives to the task, else the CPU), cpu, cpu:THREADS, cuda and cuda:N",
                name);
    }

    private static boolean isDevice(String name) {
        try {
            return Device.parse(name) != null;
        } catch (IllegalArgumentException e) {
            return false;
        }
    }

    /**
     * Returns the device of a task. A task without a GPU takes as many threads as Spark counts cores for it, whatever the machine has, so that
     * every machine computes in the same way.
     */
    Device of(@Nullable TaskContext task) {
        ResourceInformation gpus = task == null ? null : task.resourcesJMap().get(GPU);
        if (name.equals("auto") && gpus != null && gpus.addresses().length > 0) {
            return Device.parse("cuda:" + gpus.addresses()[0]);
        }
        if (name.equals("auto") || name.equals("cpu")) {
            return Device.cpu(task == null ? 1 : task.cpus());
        }
        return name.startsWith("cpu:") ? Device.cpu(Integer.parseInt(name.substring("cpu:".length()))) : Device.parse(name);
    }
}
