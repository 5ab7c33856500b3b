package wurstchen.onnx;

import static java.util.Objects.requireNonNull;

import com.google.common.collect.ImmutableMap;
import com.google.common.collect.ImmutableSet;
import java.util.Map;
import java.util.Optional;
import java.util.function.Function;
import wurstchen.Wurstchen;
import wurstchen.onnx.internal.bundle.Family;
import wurstchen.onnx.internal.bundle.VerifiedBundle;
import wurstchen.onnx.internal.cascade.OnDemandStages;
import wurstchen.onnx.internal.cascade.OnnxImageEncoder;
import wurstchen.onnx.internal.cascade.OnnxSemanticCompressor;
import wurstchen.onnx.internal.cascade.OnnxStageA;
import wurstchen.onnx.internal.cascade.OnnxStageB;
import wurstchen.onnx.internal.cascade.OnnxStageC;
import wurstchen.onnx.internal.cascade.OnnxTextEncoder;
import wurstchen.onnx.internal.cascade.OpenOnDemand;
import wurstchen.onnx.internal.graph.BoundSession;
import wurstchen.onnx.internal.graph.GraphSessions;
import wurstchen.onnx.internal.graph.OnnxEngine;
import wurstchen.stage.ImageEncoder;
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

    Optional<ImageEncoder> imageEncoder = Optional.empty();

    /** Opens the graphs of all parts that are not replaced: all of them, or none if one fails. */
    void open(Wurstchen.Builder pipeline, VerifiedBundle model, OnnxEngine engine) {
        Family family = Family.of(model.manifest());
        ImmutableSet<String> graphs = graphs(family);
        Map<String, BoundSession> sessions =
                graphs.isEmpty() ? ImmutableMap.of() : GraphSessions.open(model, engine, graphs);
        textEncoders(pipeline, model, family, graph -> new OnnxTextEncoder(requireNonNull(sessions.get(graph))));
        pipeline.stages(
                stageC.orElseGet(() -> new OnnxStageC(sessions)),
                stageB.orElseGet(() -> new OnnxStageB(sessions)),
                stageA.orElseGet(() -> new OnnxStageA(model.manifest(), sessions)));
        openEncodersOfPicturesOnDemand(pipeline, model, engine);
    }

    /** Stages that share a text encoder get one object, so that a prompt is encoded once. */
    private void textEncoders(
            Wurstchen.Builder pipeline, VerifiedBundle model, Family family, Function<String, TextEncoder> opener) {
        boolean shared = family.textEncoderC().equals(family.textEncoderB());
        if (shared && textEncoderC.isEmpty() && textEncoderB.isEmpty()) {
            pipeline.textEncoder(model.tokenizerC(), opener.apply(family.textEncoderC()));
        } else {
            pipeline.tokenizers(model.tokenizerC(), model.tokenizerB())
                    .textEncoders(
                            textEncoderC.orElseGet(() -> opener.apply(family.textEncoderC())),
                            textEncoderB.orElseGet(() -> opener.apply(family.textEncoderB())));
        }
    }

    /** Always on demand: most requests have no picture, and opening the graph takes less than reading a picture. */
    private void openEncodersOfPicturesOnDemand(Wurstchen.Builder pipeline, VerifiedBundle model, OnnxEngine engine) {
        if (semanticCompressor.isPresent()) {
            pipeline.semanticCompressor(semanticCompressor.get());
        } else if (OnnxSemanticCompressor.isIn(model.manifest())) {
            pipeline.semanticCompressor(new OnDemandStages.Compressor(
                    new OpenOnDemand<>("the semantic compressor", () -> OnnxSemanticCompressor.open(model, engine))));
        }
        if (imageEncoder.isPresent()) {
            pipeline.imageEncoder(imageEncoder.get());
        } else if (OnnxImageEncoder.isIn(model.manifest())) {
            pipeline.imageEncoder(new OnDemandStages.Images(
                    new OpenOnDemand<>("the image encoder", () -> OnnxImageEncoder.open(model, engine))));
        }
    }

    private ImmutableSet<String> graphs(Family family) {
        ImmutableSet.Builder<String> graphs = ImmutableSet.builder();
        if (textEncoderC.isEmpty()) {
            graphs.add(family.textEncoderC());
        }
        if (textEncoderB.isEmpty()) {
            graphs.add(family.textEncoderB());
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
        textEncoders(pipeline, model, Family.of(model.manifest()), graph -> encoderOnDemand(model, engine, graph));
        pipeline.stages(
                stageC.orElseGet(() ->
                        new OnDemandStages.C(new OpenOnDemand<>("Stage C", () -> OnnxStageC.open(model, engine)))),
                stageB.orElseGet(() ->
                        new OnDemandStages.B(new OpenOnDemand<>("Stage B", () -> OnnxStageB.open(model, engine)))),
                stageA.orElseGet(() ->
                        new OnDemandStages.A(new OpenOnDemand<>("Stage A", () -> OnnxStageA.open(model, engine)))));
        openEncodersOfPicturesOnDemand(pipeline, model, engine);
    }

    private static TextEncoder encoderOnDemand(VerifiedBundle model, OnnxEngine engine, String graph) {
        return new OnDemandStages.Encoder(
                requireNonNull(model.manifest().graphs().get(graph)), new OpenOnDemand<>(graph, () -> OnnxTextEncoder.open(model, engine, graph)));
    }
}
