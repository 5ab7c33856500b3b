/**
 * The command line ({@link wurstchen.examples.cli.WurstchenCommand}), the model in the box ({@link wurstchen.examples.EmbeddedModel}), and
 * programs of one idea each: {@link wurstchen.examples.OnePicture}, {@link wurstchen.examples.ManySeeds},
 * {@link wurstchen.examples.StageByStage}, {@link wurstchen.examples.WatchSteps}.
 */
package wurstchen.examples;
