package wurstchen.examples.cli;

import java.io.PrintWriter;
import java.util.Collection;
import java.util.Locale;
import java.util.stream.Collectors;
import wurstchen.PictureDefaults;
import wurstchen.onnx.GraphSpec;
import wurstchen.onnx.Manifest;
import wurstchen.onnx.TensorSpec;
import wurstchen.stage.LatentGeometry;
import wurstchen.text.VisibleText;

/** A manifest for readers. */
final class ManifestText {
    private final PrintWriter out;

    ManifestText(PrintWriter out) {
        this.out = out;
    }

    /** {@code example}: a command; {@code all}: files and tensors too. */
    void print(Manifest manifest, String example, boolean all) {
        line("draws", manifest.about().description());
        line("example", example);
        pictures(manifest);
        defaults(manifest.defaults());
        about(manifest.about());
        if (all) {
            files(manifest.files().values());
            graphs(manifest.graphs().values());
        }
    }

    private void about(Manifest.About about) {
        line("name", about.name());
        line("family", about.family());
        line("precision", about.precision() + ", weights stored as " + about.weights());
        Manifest.Provenance provenance = about.provenance();
        line("source", provenance.source() + ", revision " + provenance.revision());
        line("licence", provenance.licence());
        String tools = provenance.tools().entrySet().stream()
                .map(tool -> tool.getKey() + " " + tool.getValue())
                .collect(Collectors.joining(", "));
        line("exported", provenance.exported() + " with " + tools);
    }

    private void pictures(Manifest manifest) {
        PictureDefaults defaults = manifest.defaults();
        LatentGeometry geometry = manifest.geometry();
        String sizes = manifest.recommendedSizes().stream()
                .map(size -> size.width() + " x " + size.height())
                .collect(Collectors.joining(", "));
        line("picture", defaults.width() + " x " + defaults.height() + " px unless asked otherwise; recommended: " + sizes);
        line("Stage C latents", geometry.stageC(1, defaults.height(), defaults.width()) + " of such a picture");
        line("Stage B latents", geometry.stageB(1, defaults.height(), defaults.width()) + " of such a picture");
        line("image prompts", manifest.imagePrompts()
                .map(prompts -> "yes, of which a square of " + prompts.crop() + " px is seen")
                .orElse("none"));
        line("tokens", manifest.tokenizers().stageC().maxLength() + " for Stage C, "
                + manifest.tokenizers().stageB().maxLength() + " for Stage B");
    }

    private void defaults(PictureDefaults defaults) {
        line("Stage C", defaults.stageCSteps() + " steps, guidance " + defaults.stageCGuidance() + " unless asked otherwise");
        line("Stage B", defaults.stageBSteps() + " steps, guidance " + defaults.stageBGuidance() + " unless asked otherwise");
    }

    private void files(Collection<Manifest.BundleFile> files) {
        long bytes = files.stream().mapToLong(Manifest.BundleFile::size).sum();
        out.printf(Locale.ROOT, "files (%d, %,d bytes):%n", files.size(), bytes);
        files.forEach(file -> out.printf(Locale.ROOT, "  %,15d  %s%n", file.size(), file.path()));
    }

    private void graphs(Collection<GraphSpec> graphs) {
        out.println("graphs:");
        for (GraphSpec graph : graphs) {
            out.println("  " + graph.name());
            graph.inputs().forEach(input -> tensor("takes", input));
            graph.outputs().forEach(output -> tensor("makes", output));
        }
    }

    private void tensor(String verb, TensorSpec tensor) {
        out.println("    " + verb + " " + tensor);
    }

    private void line(String name, String value) {
        out.printf(Locale.ROOT, "%-16s %s%n", name + ":", VisibleText.of(value));
    }
}
