/** Several pipelines that are used as one, such as one for each GPU: {@link wurstchen.pool.Pipelines}. */
@NullMarked
package wurstchen.pool;

import org.jspecify.annotations.NullMarked;
