/**
 * How a request goes on and what it took: its stages, what its listener hears of them, and what they copied. Start at
 * {@link wurstchen.progress.RequestListener}.
 */
@NullMarked
package wurstchen.progress;

import org.jspecify.annotations.NullMarked;
