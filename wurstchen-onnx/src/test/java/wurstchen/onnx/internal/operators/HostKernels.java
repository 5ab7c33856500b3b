package wurstchen.onnx.internal.operators;

import com.sun.jna.Pointer;
import wurstchen.onnx.internal.operators.HostGpu.Halves;
import wurstchen.onnx.internal.operators.gpu.Launch;
import wurstchen.onnx.internal.operators.gpu.TensorTiles;

/** What the kernels compute, by their names and parameters alone. */
final class HostKernels {
    private final Launch launch;
    private int next;

    private HostKernels(Launch launch) {
        this.launch = launch;
    }

    static void run(Launch launch) {
        HostKernels kernel = new HostKernels(launch);
        String name = launch.kernel().replaceAll("(_hopper)?_(any|\\d+)$", "");
        switch (name) {
            case "depthwise_norm" -> kernel.depthwiseNorm();
            case "mixing_depthwise" -> kernel.mixingDepthwise();
            case "norm_statistics" -> kernel.normStatistics();
            case "affine_norm" -> kernel.affineNorm();
            case "response_scale" -> kernel.responseScale();
            case "dense_gelu" -> kernel.denseGelu();
            case "response_of_squares" -> kernel.responseOfSquares();
            case "scale_activation" -> kernel.scaleActivation();
            case "scale_weight" -> kernel.scaleWeight();
            case "joint_attention" -> kernel.jointAttention();
            case "masked_attention" -> kernel.maskedAttention();
            default -> throw new IllegalArgumentException("no kernel " + launch.kernel());
        }
    }

    private Halves halves() {
        return new Halves((Long) launch.arguments().get(next++));
    }

    private Pointer floats() {
        return new Pointer((Long) launch.arguments().get(next++));
    }

    private Halves tensor() {
        return new Halves(((TensorTiles) launch.arguments().get(next++)).address());
    }

    private int integer() {
        return (Integer) launch.arguments().get(next++);
    }

    private long number() {
        return (Long) launch.arguments().get(next++);
    }

    private float real() {
        return (Float) launch.arguments().get(next++);
    }

    private static float float32(Pointer values, long index) {
        return values.getFloat(4 * index);
    }

    /** Norms values and returns mean and inverse deviation. */
    private static float[] norm(float[] values, float epsilon) {
        double sum = 0;
        for (float value : values) {
            sum += value;
        }
        double mean = sum / values.length;
        double squares = 0;
        for (float value : values) {
            squares += (value - mean) * (value - mean);
        }
        double inverse = 1 / Math.sqrt(squares / values.length + epsilon);
        for (int i = 0; i < values.length; i++) {
            values[i] = (float) ((values[i] - mean) * inverse);
        }
        return new float[] {(float) mean, (float) inverse};
    }

    private void depthwiseNorm() {
        Halves x = halves();
        Halves scale = halves();
        Halves offset = halves();
        Halves weight = halves();
        Halves bias = halves();
        Halves[] joined = {halves(), halves()};
        Halves y = halves();
        Halves normed = halves();
        int maps = integer();
        int height = integer();
        int width = integer();
        int channels = integer();
        int[] joinedChannels = {integer(), integer()};
        float epsilon = real();
        int stride = channels + joinedChannels[0] + joinedChannels[1];
        for (int token = 0; token < maps * height * width; token++) {
            int row = token / width % height;
            int column = token % width;
            float[] mixed = new float[channels];
            for (int c = 0; c < channels; c++) {
                float sum = bias.get(c);
                for (int tap = 0; tap < 9; tap++) {
                    int down = tap / 3 - 1;
                    int right = tap % 3 - 1;
                    if (row + down >= 0 && row + down < height && column + right >= 0 && column + right < width) {
                        long at = (long) (token + down * width + right) * channels + c;
                        sum += weight.get((long) tap * channels + c) * (x.get(at) * (1 + scale.get(c)) + offset.get(c));
                    }
                }
                mixed[c] = sum;
                long at = (long) token * channels + c;
                y.set(at, x.get(at) * (1 + scale.get(c)) + offset.get(c));
            }
            norm(mixed, epsilon);
            long at = (long) token * stride;
            for (int c = 0; c < channels; c++) {
                normed.set(at++, mixed[c]);
            }
            for (int part = 0; part < 2; part++) {
                for (int c = 0; c < joinedChannels[part]; c++) {
                    normed.set(at++, joined[part].get((long) token * joinedChannels[part] + c));
                }
            }
        }
    }

    private void mixingDepthwise() {
        Halves x = halves();
        Pointer statistics = floats();
        Halves weight = halves();
        Halves bias = halves();
        Halves nextBias = halves();
        Halves y = halves();
        Halves normed = halves();
        int maps = integer();
        int height = integer();
        int width = integer();
        int channels = integer();
        float epsilon = real();
        for (int token = 0; token < maps * height * width; token++) {
            int row = token / width % height;
            int column = token % width;
            float[] mixed = new float[channels];
            for (int c = 0; c < channels; c++) {
                float sum = x.get((long) token * channels + c) + bias.get(c);
                for (int tap = 0; tap < 9; tap++) {
                    int down = Math.max(0, Math.min(height - 1, row + tap / 3 - 1)) - row;
                    int right = Math.max(0, Math.min(width - 1, column + tap % 3 - 1)) - column;
                    int other = token + down * width + right;
                    float inner = (x.get((long) other * channels + c) - float32(statistics, 2L * other)) * float32(statistics, 2L * other + 1);
                    sum += weight.get((long) tap * channels + c) * inner;
                }
                mixed[c] = sum;
                y.set((long) token * channels + c, sum + nextBias.get(c));
            }
            norm(mixed, epsilon);
            for (int c = 0; c < channels; c++) {
                normed.set((long) token * channels + c, mixed[c]);
            }
        }
    }

    private void normStatistics() {
        Halves x = halves();
        Pointer statistics = floats();
        long tokens = number();
        int channels = integer();
        float epsilon = real();
        for (long token = 0; token < tokens; token++) {
            float[] values = new float[channels];
            for (int c = 0; c < channels; c++) {
                values[c] = x.get(token * channels + c);
            }
            statistics.write(8 * token, norm(values, epsilon), 0, 2);
        }
    }

    private void affineNorm() {
        Halves x = halves();
        Halves scale = halves();
        Halves offset = halves();
        Halves y = halves();
        Halves normed = halves();
        long tokens = number();
        int channels = integer();
        float epsilon = real();
        for (long token = 0; token < tokens; token++) {
            float[] values = new float[channels];
            for (int c = 0; c < channels; c++) {
                values[c] = x.get(token * channels + c) * (1 + scale.get(c)) + offset.get(c);
                y.set(token * channels + c, values[c]);
            }
            norm(values, epsilon);
            for (int c = 0; c < channels; c++) {
                normed.set(token * channels + c, values[c]);
            }
        }
    }

    private void responseScale() {
        Halves u = halves();
        Halves gamma = halves();
        Pointer s = floats();
        floats();
        floats();
        int maps = integer();
        int tokens = integer();
        int channels = integer();
        for (int map = 0; map < maps; map++) {
            double[] norms = new double[channels];
            for (int c = 0; c < channels; c++) {
                for (int token = 0; token < tokens; token++) {
                    norms[c] += Math.pow(u.get(((long) map * tokens + token) * channels + c), 2);
                }
            }
            writeScales(norms, gamma, s.share(4L * map * channels));
        }
    }

    private void denseGelu() {
        Halves weight = tensor();
        Halves x = tensor();
        TensorTiles outputs = (TensorTiles) launch.arguments().get(next);
        Halves y = tensor();
        int tileTokens = outputs.tile().get(1);
        Halves bias = halves();
        Pointer squares = floats();
        int maps = integer();
        int tokens = integer();
        int inner = integer();
        int channels = integer();
        int tiles = (tokens + tileTokens - 1) / tileTokens;
        squares.clear(4L * maps * tiles * channels);
        for (int i = 0; i < maps * tokens; i++) {
            for (int c = 0; c < channels; c++) {
                float sum = bias.get(c);
                for (int k = 0; k < inner; k++) {
                    sum += x.get((long) i * inner + k) * weight.get((long) k * channels + c);
                }
                float result = HostGpu.gelu(sum);
                y.set((long) i * channels + c, result);
                long at = 4L * ((long) (i / tokens * tiles + i % tokens / tileTokens) * channels + c);
                squares.setFloat(at, squares.getFloat(at) + result * result);
            }
        }
    }

    private void responseOfSquares() {
        Pointer squares = floats();
        Halves gamma = halves();
        Pointer s = floats();
        int tiles = integer();
        int channels = integer();
        for (int map = 0; map < launch.gridY(); map++) {
            double[] norms = new double[channels];
            for (int i = 0; i < tiles * channels; i++) {
                norms[i % channels] += float32(squares, (long) map * tiles * channels + i);
            }
            writeScales(norms, gamma, s.share(4L * map * channels));
        }
    }

    /** Replaces sums of squares by their roots and writes the scales. */
    private static void writeScales(double[] sums, Halves gamma, Pointer s) {
        double sum = 0;
        for (int c = 0; c < sums.length; c++) {
            sums[c] = Math.sqrt(sums[c]);
            sum += sums[c];
        }
        for (int c = 0; c < sums.length; c++) {
            s.setFloat(4L * c, (float) (1 + gamma.get(c) * sums[c] / (sum / sums.length + 1e-6)));
        }
    }

    private void scaleActivation() {
        Halves u = halves();
        Pointer s = floats();
        Halves scaled = halves();
        int maps = integer();
        int tokens = integer();
        int channels = integer();
        for (int i = 0; i < maps * tokens * channels; i++) {
            scaled.set(i, u.get(i) * float32(s, (long) (i / channels / tokens) * channels + i % channels));
        }
    }

    private void scaleWeight() {
        Halves weight = halves();
        Pointer s = floats();
        Halves scaled = halves();
        int maps = integer();
        int inner = integer();
        int columns = integer();
        for (int i = 0; i < maps * inner * columns; i++) {
            scaled.set(i, weight.get(i % (inner * columns)) * float32(s, i / columns));
        }
    }

    private void jointAttention() {
        Halves qkv = halves();
        Pointer text = floats();
        Halves y = halves();
        int maps = integer();
        int tokens = integer();
        int heads = integer();
        int textTokens = integer();
        int block = integer();
        float scale = real();
        for (int i = 0; i < maps * heads * tokens; i++) {
            int map = i / heads / tokens;
            int head = i / tokens % heads;
            int token = i % tokens;
            int keys = textTokens + tokens;
            double[] weights = new double[keys];
            double most = Double.NEGATIVE_INFINITY;
            for (int key = 0; key < keys; key++) {
                for (int c = 0; c < 64; c++) {
                    float query = qkv.get(at(map, token, tokens, heads, 0, head) + c);
                    weights[key] += query * keyOrValue(qkv, text, maps, map, tokens, heads, head, textTokens, block, key, 1, c);
                }
                weights[key] *= scale;
                most = Math.max(most, weights[key]);
            }
            double sum = 0;
            for (int key = 0; key < keys; key++) {
                weights[key] = Math.exp(weights[key] - most);
                sum += weights[key];
            }
            for (int c = 0; c < 64; c++) {
                double mixed = 0;
                for (int key = 0; key < keys; key++) {
                    mixed += weights[key] * keyOrValue(qkv, text, maps, map, tokens, heads, head, textTokens, block, key, 2, c);
                }
                y.set((((long) map * tokens + token) * heads + head) * 64 + c, (float) (mixed / sum));
            }
        }
    }

    private static long at(int map, int token, int tokens, int heads, int part, int head) {
        return ((((long) map * tokens + token) * 3 + part) * heads + head) * 64;
    }

    /** Part 1 is keys, 2 is values; the text's come first. */
    private static float keyOrValue(
            Halves qkv, Pointer text, int maps, int map, int tokens, int heads, int head, int textTokens, int block, int key, int part, int c) {
        if (key >= textTokens) {
            return qkv.get(at(map, key - textTokens, tokens, heads, part, head) + c);
        }
        return float32(text, (((((long) block * 2 + part - 1) * maps + map) * heads + head) * textTokens + key) * 64 + c);
    }

    private void maskedAttention() {
        Halves qkv = halves();
        Halves mask = halves();
        Halves y = halves();
        int rows = launch.gridZ();
        int tokens = integer();
        int heads = integer();
        int channels = integer();
        float scale = real();
        for (int i = 0; i < rows * tokens * heads; i++) {
            int token = i / heads % tokens;
            int head = i % heads;
            long first = (long) i / heads / tokens * tokens;
            double[] weights = new double[tokens];
            double sum = 0;
            for (int key = 0; key < tokens; key++) {
                double product = 0;
                for (int c = 0; c < channels; c++) {
                    float query = qkv.get((((first + token) * 3) * heads + head) * channels + c);
                    product += query * qkv.get((((first + key) * 3 + 1) * heads + head) * channels + c);
                }
                weights[key] = Math.exp(product * scale + mask.get((first + token) * tokens + key));
                sum += weights[key];
            }
            for (int c = 0; c < channels; c++) {
                double mixed = 0;
                for (int key = 0; key < tokens; key++) {
                    mixed += weights[key] * qkv.get((((first + key) * 3 + 2) * heads + head) * channels + c);
                }
                y.set((long) i * channels + c, (float) (mixed / sum));
            }
        }
    }
}
