package wurstchen.studio.job;

import java.util.List;
import java.util.Optional;
import java.util.OptionalDouble;
import wurstchen.progress.CascadeStage;
import wurstchen.studio.gallery.GalleryPicture;

/**
 * What is known of a job at one moment. Immutable.
 *
 * @param phase where it is
 * @param place how many jobs are drawn before it; 0 unless it waits
 * @param stage what it is in; empty unless it is drawn
 * @param step the last step of the stage that is done
 * @param steps how many steps the stage does; 0 if it has none, or the first one is not done
 * @param picture index of the first picture that is worked on
 * @param pictures how many it makes
 * @param progress the share that is done, 0 to 1
 * @param secondsLeft an estimate; empty if there is none yet
 * @param finished pictures that are in the gallery
 * @param message what a person should know: why it failed, or what was dropped from the prompt; may be empty
 */
public record JobState(
        Phase phase,
        int place,
        Optional<CascadeStage> stage,
        int step,
        int steps,
        int picture,
        int pictures,
        double progress,
        OptionalDouble secondsLeft,
        List<GalleryPicture> finished,
        String message) {

    /** Where a job is. */
    public enum Phase {
        /** Others are drawn before it. */
        WAITING,
        /** The pipeline works on it. */
        DRAWING,
        /** All pictures are in the gallery. */
        DONE,
        /** Somebody stopped it, or left. */
        CANCELLED,
        /** The message says why. */
        FAILED;

        /**
         * Tells whether nothing comes after it.
         *
         * @return whether it is one of the last three
         */
        public boolean isEnd() {
            return compareTo(DONE) >= 0;
        }
    }

    static JobState waiting(int pictures) {
        return new JobState(
                Phase.WAITING, 0, Optional.empty(), 0, 0, 0, pictures, 0, OptionalDouble.empty(), List.of(), "");
    }

    JobState atPlace(int newPlace) {
        return new JobState(phase, newPlace, stage, step, steps, picture, pictures, progress, secondsLeft, finished, message);
    }

    JobState inStage(CascadeStage newStage, int newStep, int newSteps, int newPicture, double newProgress, OptionalDouble seconds) {
        return new JobState(
                Phase.DRAWING, 0, Optional.of(newStage), newStep, newSteps, newPicture, pictures, newProgress, seconds, finished, message);
    }

    JobState withFinished(List<GalleryPicture> all) {
        return new JobState(phase, place, stage, step, steps, picture, pictures, progress, secondsLeft, List.copyOf(all), message);
    }

    JobState withMessage(String text) {
        return new JobState(phase, place, stage, step, steps, picture, pictures, progress, secondsLeft, finished, text);
    }

    JobState ended(Phase end, String text) {
        return new JobState(
                end, 0, Optional.empty(), 0, 0, 0, pictures, end == Phase.DONE ? 1 : progress, OptionalDouble.empty(), finished, text);
    }
}
