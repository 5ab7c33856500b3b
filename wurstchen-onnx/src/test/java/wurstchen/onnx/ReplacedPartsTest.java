package wurstchen.onnx;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.List;
import java.util.Optional;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import wurstchen.Cancellation;
import wurstchen.CancelledException;
import wurstchen.CascadeParts;
import wurstchen.PictureRequest;
import wurstchen.PictureResult;
import wurstchen.PipelineClosedException;
import wurstchen.QueueFullException;
import wurstchen.RequestFailedException;
import wurstchen.Wurstchen;
import wurstchen.onnx.internal.binding.CpuProvider;
import wurstchen.onnx.internal.graph.OnnxEngine;
import wurstchen.progress.CascadeStage;
import wurstchen.progress.StagePhase;
import wurstchen.stage.StageC;
import wurstchen.stage.Transfers;

/** Pipelines in which a program puts parts of its own, or of another pipeline. */
class ReplacedPartsTest {
    private final ModelBundle bundle = ModelBundle.open(Golden.BUNDLE);
    private final Golden.Case golden = Golden.named("negative");

    @AfterEach
    void close() {
        bundle.close();
    }

    private OnnxWurstchen.Builder builder() {
        return OnnxWurstchen.builder().model(bundle).device(Device.cpu(1));
    }

    private PictureRequest request() {
        return golden.request().build();
    }

    @Test
    void ownStageC_makesTheLatents_andIsClosedWithThePipeline() {
        HostStageC own = new HostStageC();
        PictureResult result;
        try (Wurstchen wurstchen = builder().stageC(own).open();
                Wurstchen lowMemory = builder().lowMemory(true).stageC(new HostStageC()).open()) {
            result = wurstchen.generate(request());
            assertThat(result.first()).isNotEqualTo(wholeModels().first());
            assertThat(lowMemory.generate(request()).first()).isEqualTo(result.first());
            assertThat(own.closed()).isFalse();
        }

        assertThat(own.closed()).isTrue();
        long latents = (long) Float.BYTES * 16 * result.first().settings().height() / 128 * 3 * result.first().settings().width() / 128 * 3;
        assertThat(result.transfers().of(CascadeStage.STAGE_C, StagePhase.BEFORE_STEPS)).isEqualTo(Transfers.NONE);
        assertThat(result.transfers().of(CascadeStage.STAGE_B, StagePhase.BEFORE_STEPS).bytesToDevice())
                .as("Stage C's latents come from the host")
                .isEqualTo(wholeModels().transfers().of(CascadeStage.STAGE_B, StagePhase.BEFORE_STEPS).bytesToDevice() + latents);
        assertThat(result.engine()).startsWith("ONNX Runtime ");
    }

    private PictureResult wholeModels() {
        try (Wurstchen wurstchen = builder().open()) {
            return wurstchen.generate(request());
        }
    }

    @Test
    void graphsOfReplacedParts_areNotOpened() {
        OnnxEngine engine = OnnxEngine.open(new CpuProvider(1));
        try (Wurstchen lender = builder().open()) {
            CascadeParts parts = lender.parts();
            PartOpener opener = new PartOpener();
            opener.stageC = Optional.of(parts.stageC());
            opener.textEncoderB = Optional.of(parts.textEncoderB());
            Wurstchen.Builder pipeline = Wurstchen.builder()
                    .geometry(lender.geometry())
                    .defaults(lender.defaults())
                    .schedules(parts.scheduleC(), parts.scheduleB())
                    .tokenizers(parts.tokenizerC(), parts.tokenizerB());
            opener.open(pipeline, bundle.verified(), engine);

            try (Wurstchen borrower = pipeline.engine(engine).build()) {
                assertThat(engine.openGraphs())
                        .containsExactlyInAnyOrder(
                                "text_encoder_c", "stage_b_condition", "stage_b_step", "stage_a_decode", "stage_a_encode");
                Golden.assertPicture(borrower.generate(request()).first().picture(), golden.picture());
            }
        }
        engine.release();
    }

    @Test
    void partsOfAnotherPipeline_makeThePictureBitForBit_andStayOpen() {
        try (Wurstchen lender = builder().open()) {
            CascadeParts parts = lender.parts();
            Wurstchen borrower = builder()
                    .textEncoderC(parts.textEncoderC())
                    .textEncoderB(parts.textEncoderB())
                    .stageC(parts.stageC())
                    .stageB(parts.stageB())
                    .stageA(parts.stageA())
                    .open();

            assertThat(borrower.generate(request()).first()).isEqualTo(lender.generate(request()).first());
            borrower.close();
            assertThatThrownBy(() -> borrower.generate(request())).isInstanceOf(PipelineClosedException.class);
            Golden.assertPicture(lender.generate(request()).first().picture(), golden.picture());
        }
    }

    @Test
    void lenderClosedUnderABorrowersRequest_failsIt() {
        Wurstchen lender = builder().open();
        StageC lent = lender.parts().stageC();
        try (Wurstchen borrower = builder().stageC(lent).open()) {
            PictureRequest request = golden.request().listener(step -> lender.close()).build();

            assertThatThrownBy(() -> borrower.generate(request))
                    .isInstanceOf(RequestFailedException.class)
                    .hasMessage("stage_c_step is closed: open the model again");
        }
    }

    @Test
    void requestOfAPipelineWithAnOwnPart_isCancelledInAStepOfAnother() throws Exception {
        Cancellation cancellation = new Cancellation();
        CountDownLatch inStageB = new CountDownLatch(1);
        Thread other = new Thread(() -> {
            try {
                inStageB.await();
                cancellation.cancel();
            } catch (InterruptedException e) {
                throw new IllegalStateException(e);
            }
        });
        other.start();
        try (Wurstchen wurstchen = builder().stageC(new HostStageC()).open()) {
            PictureRequest request = golden.request()
                    .stageBSteps(1000)
                    .cancellation(cancellation)
                    .listener(step -> {
                        if (step.stage() == CascadeStage.STAGE_B) {
                            inStageB.countDown();
                        }
                    })
                    .build();

            assertThatThrownBy(() -> wurstchen.generate(request))
                    .isInstanceOf(CancelledException.class)
                    .hasMessageMatching("cancelled in Stage B after \\d+ of 1000 steps");
        }
        other.join();
    }

    @Test
    void tokenizers_areReadWithoutAGraph() {
        try (LogLines log = LogLines.listen();
                Wurstchen wurstchen = builder().open()) {
            assertThat(bundle.tokenizerC().encode("a cat")).isEqualTo(wurstchen.parts().tokenizerC().encode("a cat"));
            assertThat(bundle.tokenizerB().encode("a cat")).isEqualTo(wurstchen.parts().tokenizerB().encode("a cat"));
            assertThat(bundle.tokenizerB().padToken()).isEqualTo("!");
            assertThat(log.lines()).as("of the pipeline only").hasSize(1);
        }
    }

    @Test
    void openedModel_isLoggedWithItsDevice() {
        try (LogLines log = LogLines.listen();
                Wurstchen wurstchen = builder().open()) {
            List<String> lines = log.lines();

            assertThat(lines).hasSize(1);
            assertThat(lines.get(0))
                    .matches("FINE opened tiny \\(fp32, weights fp32\\) on ONNX Runtime [0-9.]+, cpu \\(1 thread\\), .* in [0-9.,]+ ms");
            assertThat(wurstchen.waitingRequests()).isZero();
        }
    }

    @Test
    void limitOfTheQueue_andExecutor_areThePipelines() {
        assertThatThrownBy(() -> builder().maxWaitingRequests(-1))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessage("waiting requests must be at least 0, got -1; 0 lets none wait");
        List<String> threads = new CopyOnWriteArrayList<>();
        try (Wurstchen wurstchen = builder()
                .maxWaitingRequests(0)
                .executor(work -> new Thread(work, "own").start())
                .open()) {
            PictureRequest request = golden.request()
                    .listener(step -> {
                        threads.add(Thread.currentThread().getName());
                        if (threads.size() == 1) {
                            assertThatThrownBy(() -> wurstchen.generateAsync(request()))
                                    .isInstanceOf(QueueFullException.class);
                        }
                    })
                    .build();

            Golden.assertPicture(wurstchen.generateAsync(request).join().first().picture(), golden.picture());
        }
        assertThat(threads).isNotEmpty().containsOnly("own");
    }
}
