package wurstchen.examples.cli.option;

import java.nio.file.Path;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;
import wurstchen.examples.EmbeddedModel;
import wurstchen.onnx.Device;
import wurstchen.onnx.ModelBundle;

/** The options that say which model runs where. */
public final class ModelOptions {
    @Spec(Spec.Target.MIXEE)
    private CommandSpec spec;

    @Option(
            names = "--model",
            paramLabel = "DIR",
            description = {"A bundle that the exporter wrote. Default: the miniature in the jar.", "Example: --model bundles/wuerstchen"})
    private Path folder;

    @Option(
            names = "--device",
            paramLabel = "NAME",
            defaultValue = "cpu",
            description = {
                "Where to compute: cpu, cuda for the first NVIDIA GPU, cuda:1 for the second. Default: ${DEFAULT-VALUE}. A GPU that"
                        + " cannot be used is an error that says what is missing, as the command doctor does. diffusers:"
                        + " pipeline.to(NAME).",
                "Example: --device cuda"
            })
    private String device;

    @Option(
            names = {"-t", "--threads"},
            paramLabel = "N",
            description = {"How many of the CPU's threads to use. Default: one for each processor.", "Example: --threads 4"})
    private Integer threads;

    @Option(
            names = "--low-memory",
            description = {
                "Open each part of the model when it is its turn, and close it before the next: for GPUs with little memory. Every batch"
                        + " of pictures takes longer by what opening the model takes. diffusers: enable_model_cpu_offload."
            })
    private boolean lowMemory;

    @Option(
            names = "--verify",
            description = {
                "Read every file of the model and compare it with the manifest, also those that were verified before and have not been written"
                        + " to since."
            })
    private boolean verify;

    public boolean lowMemory() {
        return lowMemory;
    }

    /**
     * Reads the device.
     *
     * @throws ParameterException if there is no such device, or the threads are not its
     */
    public Device device() {
        Device device = device(spec, this.device);
        if (threads == null) {
            return device;
        }
        if (!device.equals(Device.cpu())) {
            throw new ParameterException(spec.commandLine(), "--threads: these are the CPU's: leave the option out, or say --device cpu");
        }
        try {
            return Device.cpu(threads);
        } catch (IllegalArgumentException e) {
            throw new ParameterException(spec.commandLine(), "--threads: " + e.getMessage(), e);
        }
    }

    public static Device device(CommandSpec command, String name) {
        try {
            return Device.parse(name);
        } catch (IllegalArgumentException e) {
            throw new ParameterException(command.commandLine(), "--device: " + e.getMessage(), e);
        }
    }

    public ModelBundle openBundle() {
        ModelBundle bundle = folder == null ? EmbeddedModel.open() : ModelBundle.open(folder);
        if (verify) {
            bundle.verify();
        }
        return bundle;
    }
}
