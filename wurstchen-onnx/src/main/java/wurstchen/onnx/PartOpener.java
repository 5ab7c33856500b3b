package wurstchen.onnx;

import static java.util.Objects.requireNonNull;

import com.google.common.collect.ImmutableMap;
import com.google.common.collect.ImmutableSet;
import java.util.Map;
import java.util.Optional;
import wurstchen.Wurstchen;
import wurstchen.onnx.internal.bundle.VerifiedBundle;
import wurstchen.onnx.internal.cascade.OnDemandStages;
import wurstchen.onnx.internal.cascade.OnnxSemanticCompressor;
import wurstchen.onnx.internal.cascade.OnnxStageA;
import wurstchen.onnx.internal.cascade.OnnxStageB;
import wurstchen.onnx.internal.cascade.OnnxStageC;
import wurstchen.onnx.internal.cascade.OnnxTextEncoder;
import wurstchen.onnx.internal.cascade.OpenOnDemand;
import wurstchen.onnx.internal.graph.BoundSession;
import wurstchen.onnx.internal.graph.GraphSessions;
import wurstchen.onnx.internal.graph.OnnxEngine;
import wurstchen.stage.SemanticCompressor;
import wurstchen.stage.StageA;
import wurstchen.stage.StageB;
import wurstchen.stage.StageC;
import wurstchen.stage.TextEncoder;

/** Opens the parts of a cascade from a bundle, except those that the program replaces. */
final class PartOpener {
    Optional<TextEncoder> textEncoderC = Optional.empty();
    Optional<TextEncoder> textEncoderB = Optional.empty();
    Optional<StageC> stageC = Optional.empty();
    Optional<StageB> stageB = Optional.empty();
    Optional<StageA> stageA = Optional.empty();
    Optional<SemanticCompressor> semanticCompressor = Optional.empty();

    /** Opens the graphs of all parts that are not replaced: all of them, or none if one fails. */
    void open(Wurstchen.Builder pipeline, VerifiedBundle model, OnnxEngine engine) {
        ImmutableSet<String> graphs = graphs();
        Map<String, BoundSession> sessions =
                graphs.isEmpty() ? ImmutableMap.of() : GraphSessions.open(model, engine, graphs);
        pipeline.textEncoders(
                        textEncoderC.orElseGet(() -> new OnnxTextEncoder(requireNonNull(sessions.get(GraphSpec.TEXT_ENCODER_C)))),
                        textEncoderB.orElseGet(() -> new OnnxTextEncoder(requireNonNull(sessions.get(GraphSpec.TEXT_ENCODER_B)))))
                .stages(
                        stageC.orElseGet(() -> new OnnxStageC(sessions)),
                        stageB.orElseGet(() -> new OnnxStageB(sessions)),
                        stageA.orElseGet(() -> new OnnxStageA(model.manifest(), sessions)));
        openCompressorOnDemand(pipeline, model, engine);
    }

    /** Always on demand: most requests have no picture, and opening the graph takes less than reading a picture. */
    private void openCompressorOnDemand(Wurstchen.Builder pipeline, VerifiedBundle model, OnnxEngine engine) {
        if (semanticCompressor.isPresent()) {
            pipeline.semanticCompressor(semanticCompressor.get());
        } else if (OnnxSemanticCompressor.isIn(model.manifest())) {
            pipeline.semanticCompressor(new OnDemandStages.Compressor(
                    new OpenOnDemand<>("the semantic compressor", () -> OnnxSemanticCompressor.open(model, engine))));
        }
    }

    private ImmutableSet<String> graphs() {
        ImmutableSet.Builder<String> graphs = ImmutableSet.builder();
        if (textEncoderC.isEmpty()) {
            graphs.add(GraphSpec.TEXT_ENCODER_C);
        }
        if (textEncoderB.isEmpty()) {
            graphs.add(GraphSpec.TEXT_ENCODER_B);
        }
        if (stageC.isEmpty()) {
            graphs.addAll(OnnxStageC.GRAPHS);
        }
        if (stageB.isEmpty()) {
            graphs.addAll(OnnxStageB.GRAPHS);
        }
        if (stageA.isEmpty()) {
            graphs.addAll(OnnxStageA.GRAPHS);
        }
        return graphs.build();
    }

    /** Opens nothing yet: each part is opened when it is needed. */
    void openOnDemand(Wurstchen.Builder pipeline, VerifiedBundle model, OnnxEngine engine) {
        pipeline.textEncoders(
                        textEncoderC.orElseGet(() -> encoderOnDemand(model, engine, GraphSpec.TEXT_ENCODER_C)),
                        textEncoderB.orElseGet(() -> encoderOnDemand(model, engine, GraphSpec.TEXT_ENCODER_B)))
                .stages(
                        stageC.orElseGet(() ->
                                new OnDemandStages.C(new OpenOnDemand<>("Stage C", () -> OnnxStageC.open(model, engine)))),
                        stageB.orElseGet(() ->
                                new OnDemandStages.B(new OpenOnDemand<>("Stage B", () -> OnnxStageB.open(model, engine)))),
                        stageA.orElseGet(() ->
                                new OnDemandStages.A(new OpenOnDemand<>("Stage A", () -> OnnxStageA.open(model, engine)))));
        openCompressorOnDemand(pipeline, model, engine);
    }

    private static TextEncoder encoderOnDemand(VerifiedBundle model, OnnxEngine engine, String graph) {
        int width = (int) requireNonNull(model.manifest().graphs().get(graph)).outputs().get(0).length(2);
        return new OnDemandStages.Encoder(width, new OpenOnDemand<>(graph, () -> OnnxTextEncoder.open(model, engine, graph)));
    }
}
