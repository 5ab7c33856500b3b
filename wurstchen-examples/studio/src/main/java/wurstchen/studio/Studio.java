package wurstchen.studio;

import java.nio.file.Path;
import wurstchen.Wurstchen;
import wurstchen.onnx.Device;
import wurstchen.onnx.ModelBundle;
import wurstchen.onnx.OnnxWurstchen;
import wurstchen.studio.gallery.Gallery;
import wurstchen.studio.job.Jobs;
import wurstchen.studio.order.OrderReader;

/** An open model with its gallery and its queue: everything but the server. Thread-safe. */
public final class Studio implements AutoCloseable {
    private final ModelBundle model;
    private final Wurstchen pipeline;
    private final String device;
    private final Limits limits;
    private final Gallery gallery;
    private final Jobs jobs;
    private final OrderReader orders;

    private Studio(ModelBundle model, Wurstchen pipeline, String device, Gallery gallery, Limits limits) {
        this.model = model;
        this.pipeline = pipeline;
        this.device = device;
        this.limits = limits;
        this.gallery = gallery;
        this.jobs = new Jobs(pipeline, gallery, limits);
        this.orders = new OrderReader(gallery, limits);
    }

    /**
     * Opens a model and a gallery.
     *
     * @param model the studio's from now on: closed with it, or if this fails
     * @param device where to compute
     * @param folder of the gallery
     * @param limits what the studio takes on
     * @return the studio
     * @throws wurstchen.WurstchenException if the model or the folder cannot be opened
     */
    public static Studio open(ModelBundle model, Device device, Path folder, Limits limits) {
        try {
            Gallery gallery = Gallery.open(folder);
            Wurstchen pipeline = OnnxWurstchen.builder().model(model).device(device).open();
            Thread scan = new Thread(gallery::scan, "studio-gallery");
            scan.setDaemon(true);
            scan.start();
            return new Studio(model, pipeline, device.toString(), gallery, limits);
        } catch (RuntimeException e) {
            model.close();
            throw e;
        }
    }

    /**
     * Returns the model.
     *
     * @return stays the studio's
     */
    public ModelBundle model() {
        return model;
    }

    /**
     * Returns what draws.
     *
     * @return stays the studio's
     */
    public Wurstchen pipeline() {
        return pipeline;
    }

    /**
     * Returns where it computes.
     *
     * @return the device's name
     */
    public String device() {
        return device;
    }

    /**
     * Returns what the studio takes on.
     *
     * @return the limits
     */
    public Limits limits() {
        return limits;
    }

    /**
     * Returns the finished pictures.
     *
     * @return the gallery
     */
    public Gallery gallery() {
        return gallery;
    }

    /**
     * Returns what is being drawn.
     *
     * @return the queue
     */
    public Jobs jobs() {
        return jobs;
    }

    /**
     * Returns what reads orders.
     *
     * @return knows the gallery and the limits
     */
    public OrderReader orders() {
        return orders;
    }

    /** Cancels all jobs and closes the model. */
    @Override
    public void close() {
        jobs.close();
        pipeline.close();
        model.close();
    }
}
