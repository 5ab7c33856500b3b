/**
 * The seams of the cascade. Anyone can implement one: a graph on an engine, a remote service, a formula in a test. A stage is opened for
 * one run with everything that stays constant, then stepped; state lives in the run, never in the stage.
 */
@NullMarked
package wurstchen.stage;

import org.jspecify.annotations.NullMarked;
