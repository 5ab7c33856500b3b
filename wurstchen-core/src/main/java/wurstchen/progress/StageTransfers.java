package wurstchen.progress;

import java.util.Collection;
import java.util.EnumMap;
import java.util.Map;
import java.util.stream.Stream;
import wurstchen.stage.Transfers;

/**
 * What a request copied between the host and the device, by stage and phase. While steps run, nothing needs to be copied for up to 64 of
 * them (tables of more are sent in parts); a listener that reads latents copies them. Immutable.
 */
public final class StageTransfers {
    /** Nothing was copied. */
    public static final StageTransfers NONE = new StageTransfers(Map.of());

    private final Map<CascadeStage, Map<StagePhase, Transfers>> table;

    private StageTransfers(Map<CascadeStage, Map<StagePhase, Transfers>> table) {
        this.table = table;
    }

    /**
     * Returns what stages copied.
     *
     * @param table bytes by stage and phase; what is not in it was nothing
     * @return a copy
     */
    public static StageTransfers copyOf(Map<CascadeStage, Map<StagePhase, Transfers>> table) {
        Map<CascadeStage, Map<StagePhase, Transfers>> copy = new EnumMap<>(CascadeStage.class);
        table.forEach((stage, phases) -> copy.put(stage, Map.copyOf(phases)));
        return new StageTransfers(copy);
    }

    /**
     * Returns what one stage copied in one phase.
     *
     * @param stage which stage
     * @param phase which phase
     * @return bytes in both directions
     */
    public Transfers of(CascadeStage stage, StagePhase phase) {
        return table.getOrDefault(stage, Map.of()).getOrDefault(phase, Transfers.NONE);
    }

    /**
     * Returns what was copied while steps ran, in all stages.
     *
     * @return bytes in both directions
     */
    public Transfers duringSteps() {
        return sum(Stream.of(CascadeStage.values()).map(stage -> of(stage, StagePhase.STEPS)));
    }

    /**
     * Returns what was copied in all stages and phases.
     *
     * @return bytes in both directions
     */
    public Transfers total() {
        return sum(table.values().stream().map(Map::values).flatMap(Collection::stream));
    }

    private static Transfers sum(Stream<Transfers> transfers) {
        return transfers.reduce(Transfers.NONE, Transfers::plus);
    }

    @Override
    public boolean equals(Object other) {
        return other instanceof StageTransfers that && table.equals(that.table);
    }

    @Override
    public int hashCode() {
        return table.hashCode();
    }

    @Override
    public String toString() {
        return "StageTransfers" + table;
    }
}
