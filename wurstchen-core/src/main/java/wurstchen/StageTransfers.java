package wurstchen;

import com.google.common.collect.ImmutableTable;
import wurstchen.stage.Transfers;

/**
 * What a request copied between the host and the device, by stage and phase. While steps run, nothing needs to be copied for up to 64 of
 * them (tables of more are sent in parts); a listener that reads latents copies them.
 *
 * @param table what is not in it was nothing
 */
public record StageTransfers(ImmutableTable<CascadeStage, StagePhase, Transfers> table) {
    /** Nothing was copied. */
    public static final StageTransfers NONE = new StageTransfers(ImmutableTable.of());

    /**
     * Returns what one stage copied in one phase.
     *
     * @param stage which stage
     * @param phase which phase
     * @return bytes in both directions
     */
    public Transfers of(CascadeStage stage, StagePhase phase) {
        Transfers found = table.get(stage, phase);
        return found == null ? Transfers.NONE : found;
    }

    /**
     * Returns what was copied while steps ran, in all stages.
     *
     * @return bytes in both directions
     */
    public Transfers duringSteps() {
        return table.column(StagePhase.STEPS).values().stream().reduce(Transfers.NONE, Transfers::plus);
    }

    /**
     * Returns what was copied in all stages and phases.
     *
     * @return bytes in both directions
     */
    public Transfers total() {
        return table.values().stream().reduce(Transfers.NONE, Transfers::plus);
    }
}
