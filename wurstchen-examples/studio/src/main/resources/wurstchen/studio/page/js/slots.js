// A browser opens six connections to a host, for all of its tabs together. Event streams take four of them at most; a tab that gets none asks
// now and then instead. A tab that is closed gives its slot back by itself.
const SLOTS = 4;

/** Takes a slot: resolves to a function that gives it back, or to undefined if all are taken. */
export async function takeSlot() {
  if (!navigator.locks) return () => {};
  for (let i = 0; i < SLOTS; i++) {
    const release = await take(`wurstchen-stream-${i}`);
    if (release) return release;
  }
  return undefined;
}

function take(name) {
  return new Promise(resolve => {
    navigator.locks.request(name, { ifAvailable: true }, lock => {
      if (!lock) {
        resolve(undefined);
        return undefined;
      }
      return new Promise(release => resolve(release));
    });
  });
}
