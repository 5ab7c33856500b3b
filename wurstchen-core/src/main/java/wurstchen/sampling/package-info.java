/**
 * The sampler of the cascade: random numbers, noise schedule, coefficients of every step, the update and guidance.
 *
 * <p>Everything here is plain Java on {@code float} arrays, computed in float32 and in the order of operations of the reference
 * implementation (diffusers 0.33.1 on PyTorch), because a picture is the sum of many steps and a different order shows in its pixels.
 * Nothing here knows of a model or of an inference engine. A denoising run reads top to bottom like this:
 *
 * <pre>{@code
 * StepTable table = StepTable.of(new CosineSchedule(0.008f, 1.0f), Timesteps.uniform(60));
 * NoiseSource noise = NoiseSource.seeded(42);
 * noise.fill(latents);
 * for (int i = 0; i < table.steps(); i++) {
 *     predictNoise(latents, table.step(i).noiseRatio(), predictedNoise);
 *     noise.fill(freshNoise);
 *     table.step(i).advance(latents, predictedNoise, freshNoise, latents);
 * }
 * }</pre>
 */
@NullMarked
package wurstchen.sampling;

import org.jspecify.annotations.NullMarked;
