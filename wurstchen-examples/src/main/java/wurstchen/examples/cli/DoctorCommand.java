package wurstchen.examples.cli;

import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.ExitCode;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;
import wurstchen.examples.cli.option.HelpOption;
import wurstchen.examples.cli.option.ModelOptions;
import wurstchen.onnx.Doctor;
import wurstchen.onnx.DoctorReport;

/** Says whether a device can be used, and what is missing. */
@Command(
        name = "doctor",
        usageHelpWidth = 110,
        description = {
            "Says whether a device can be used here, and if not, what is missing and where to get it: ONNX Runtime, the driver, the"
                    + " GPUs, every CUDA library. Needs no GPU to say so."
        },
        footer = {
            "",
            "Exit codes: 0 if the device can be used, 1 if not.",
            "",
            "Example:",
            "  java -jar wurstchen.jar doctor --device cuda:1"
        })
final class DoctorCommand implements Callable<Integer> {
    @Spec
    private CommandSpec spec;

    @Mixin
    private HelpOption help;

    @Option(
            names = "--device",
            paramLabel = "NAME",
            defaultValue = "cuda",
            description = {"What to look at: cpu, cuda or cuda:N. Default: ${DEFAULT-VALUE}.", "Example: --device cpu"})
    private String device;

    @Override
    public Integer call() {
        DoctorReport report = Doctor.examine(ModelOptions.device(spec, device));
        spec.commandLine().getOut().println(report);
        spec.commandLine().getOut().flush();
        return report.usable() ? ExitCode.OK : ExitCode.SOFTWARE;
    }
}
