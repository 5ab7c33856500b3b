/** What several packages of this library share. Not for other programs: it may change with every version. */
@NullMarked
package wurstchen.internal;

import org.jspecify.annotations.NullMarked;
